package lang

// Signing in, and what happens when a session has ended.
var signInWords = map[string]Phrase{
	"signin.title":     {En: "Sign in", Ko: "들어가기"},
	"signin.heading":   {En: "Liaison office, {side}", Ko: "{side} 연락사무소"},
	"signin.as":        {En: "Sign in as {post}, {side}", Ko: "{side} {post}{post:으로/로} 들어가기"},
	"signin.once":      {En: "This link works once. Pressing the button uses it up; opening the page does not.", Ko: "이 링크는 한 번만 쓸 수 있습니다. 화면을 여는 것만으로는 소모되지 않고, 단추를 누를 때 쓰입니다."},
	"signin.code":      {En: "Code", Ko: "코드"},
	"signin.code-hint": {En: "Six digits, if your account asks for a code; else leave it empty.", Ko: "계정에 코드를 쓰는 경우 여섯 자리 숫자. 쓰지 않으면 비워 두십시오."},
	"signin.or-link":   {En: "A one-time link signs you in without a password.", Ko: "일회용 링크로는 암호 없이 들어갈 수 있습니다."},
	"signin.how":       {En: "Ask the operator of your node for a fresh link.", Ko: "우리 측 노드 운영자에게 새 링크를 요청하십시오."},
	"signin.used":      {En: "This link has been used already. Each link works once.", Ko: "이미 쓰인 링크입니다. 링크는 한 번만 쓸 수 있습니다."},
	"signin.expired":   {En: "This link is too old.", Ko: "기한이 지난 링크입니다."},
	"signin.unknown":   {En: "This node has not given out such a link.", Ko: "이 노드가 발급한 링크가 아닙니다."},

	"signin.too-many": {En: "Too many sessions are open at this node. Sign out where you no longer work, then try again.", Ko: "이 노드에 열린 세션이 너무 많습니다. 쓰지 않는 곳에서 나간 뒤 다시 시도하십시오."},

	"ended.title":      {En: "You are not signed in", Ko: "들어와 있지 않습니다"},
	"ended.sentence":   {En: "Your session has ended, or it was begun in another browser.", Ko: "세션이 끝났거나 다른 브라우저에서 시작되었습니다."},
	"ended.kept-title": {En: "Your session has ended; nothing is lost", Ko: "세션이 끝났지만 작성한 내용은 그대로 있습니다"},
	"ended.kept":       {En: "What you sent was not carried out. It stands below as you typed it. Keep this page open.", Ko: "보낸 내용은 처리되지 않았습니다. 입력한 그대로 아래에 있습니다. 이 화면을 닫지 마십시오."},
	"ended.files":      {En: "The files are not kept: choose them again afterwards.", Ko: "파일은 남아 있지 않으니 나중에 다시 고르십시오."},
	"ended.too-large":  {En: "What you typed stands below: copy it from here, go back, and send it shortened or in parts.", Ko: "입력한 내용은 아래에 있습니다. 여기서 복사한 뒤, 뒤로 가서 줄이거나 나누어 보내십시오."},
	"ended.step-link":  {En: "Sign in with a fresh link in another tab.", Ko: "다른 탭에서 새 링크로 들어가십시오."},
	"ended.step-again": {En: "Come back to this page and press the button.", Ko: "이 화면으로 돌아와 아래 단추를 누르십시오."},
	"ended.again":      {En: "Send again", Ko: "다시 보내기"},
	"ended.opening":    {En: "You came by a link from elsewhere", Ko: "다른 곳의 링크로 오셨습니다"},
	"ended.open":       {En: "Open the page", Ko: "화면 열기"},
}
