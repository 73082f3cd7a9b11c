package lang

// What went wrong, what was kept, what to do next.
var failureWords = map[string]Phrase{
	"failure.title":     {En: "This did not work", Ko: "처리하지 못했습니다"},
	"failure.home":      {En: "To the dispatches", Ko: "통지문 목록으로"},
	"failure.reference": {En: "Reference", Ko: "참조 번호"},
	"failure.kept": {
		En: "Something went wrong at this node, reference {reference}. What you typed is kept here. Look in the list whether the dispatch was released before you send it again.",
		Ko: "이 노드에서 문제가 생겼습니다. 참조 번호 {reference}. 입력한 내용은 여기 그대로 있습니다. 다시 보내기 전에 목록에서 발송 여부를 확인하십시오.",
	},

	"failure.nothing-here.title": {En: "There is no such page", Ko: "그런 화면이 없습니다"},
	"failure.nothing-here":       {En: "Nothing stands at this address, or it has not reached this node yet.", Ko: "이 주소에는 아무것도 없거나, 아직 이 노드에 도착하지 않았습니다."},
	"failure.nothing-here.next":  {En: "Check the address.", Ko: "주소를 확인하십시오."},

	"failure.not-admin.title": {En: "This is for administrators", Ko: "관리자만 볼 수 있습니다"},
	"failure.not-admin":       {En: "Your account may not see or change the accounts of others. Nothing was done.", Ko: "다른 사람의 계정을 보거나 바꿀 수 없는 계정입니다. 아무것도 처리되지 않았습니다."},
	"failure.not-admin.next":  {En: "Ask an administrator, or the operator of your node.", Ko: "관리자나 우리 측 노드 운영자에게 요청하십시오."},

	"failure.no-post.title": {En: "Your account has no post", Ko: "계정에 직위가 없습니다"},
	"failure.no-post":       {En: "Only who acts for a post sees the record and works in it.", Ko: "직위를 맡은 사람만 기록을 보고 일할 수 있습니다."},
	"failure.no-post.next":  {En: "Ask the operator of your node, or an administrator, to give your account a post.", Ko: "우리 측 노드 운영자나 관리자에게 계정에 직위를 달라고 요청하십시오."},

	"failure.malformed.title": {En: "The form could not be read", Ko: "양식을 읽을 수 없습니다"},
	"failure.malformed":       {En: "What the browser sent is not a form of these pages. Nothing was done.", Ko: "브라우저가 보낸 것이 이 화면의 양식이 아닙니다. 아무것도 처리되지 않았습니다."},
	"failure.malformed.next":  {En: "Go back, load the page again and try once more.", Ko: "뒤로 가서 화면을 새로 고친 뒤 다시 시도하십시오."},

	"failure.not-yet.title":        {En: "Not here yet", Ko: "아직 오지 않음"},
	"failure.not-yet":              {En: "The enclosure has not come whole yet.", Ko: "첨부가 아직 다 오지 않았습니다."},
	"failure.not-yet.next":         {En: "Go back: the page shows how far it is, and offers it when it is whole.", Ko: "뒤로 가면 얼마나 왔는지 보이고, 다 오면 받을 수 있습니다."},
	"failure.password-alone.title": {En: "A password alone is not enough", Ko: "암호만으로는 부족합니다"},
	"failure.password-alone":       {En: "This side asks for a code or a passkey as well. Nothing was done.", Ko: "우리 측은 기기 코드나 패스키도 요구합니다. 아무것도 처리되지 않았습니다."},
	"failure.password-alone.next":  {En: "Set up codes or a passkey on the page of your account, then go back and send it again.", Ko: "계정 화면에서 기기 코드나 패스키를 설정한 다음, 뒤로 가서 다시 보내십시오."},

	"failure.too-large.title": {En: "That is too large", Ko: "너무 큽니다"},
	"failure.too-large":       {En: "The form is larger than this node reads. Nothing was done.", Ko: "양식이 이 노드가 읽는 크기를 넘습니다. 아무것도 처리되지 않았습니다."},
	"failure.too-large.next":  {En: "Go back and shorten it. If the text no longer stands there, what the page had saved stands among your drafts.", Ko: "뒤로 가서 줄여 다시 보내십시오. 글이 남아 있지 않으면 화면이 저장해 둔 것이 초안에 있습니다."},

	"failure.not-yours.title": {En: "Your post may not do this", Ko: "이 직위로는 할 수 없습니다"},
	"failure.not-yours":       {En: "Nothing was done.", Ko: "아무것도 처리되지 않았습니다."},
	"failure.not-yours.next":  {En: "Ask a post of your side that may.", Ko: "권한이 있는 우리 측 직위에 요청하십시오."},

	"failure.cross-origin.title": {En: "This form came from elsewhere", Ko: "다른 곳에서 보낸 양식입니다"},
	"failure.cross-origin":       {En: "A page of another site asked this node to act in your name. Nothing was done.", Ko: "다른 사이트의 화면이 귀하의 이름으로 처리를 요청했습니다. 아무것도 처리되지 않았습니다."},
	"failure.cross-origin.next":  {En: "If you meant to do it, do it on the pages of this node.", Ko: "직접 하려던 일이라면 이 노드의 화면에서 하십시오."},

	"failure.busy.title": {En: "Too many pages are open", Ko: "열린 화면이 너무 많습니다"},
	"failure.busy":       {En: "This node follows as many open pages as it can.", Ko: "이 노드가 갱신할 수 있는 화면 수를 넘었습니다."},
	"failure.busy.next":  {En: "Close pages that you do not need.", Ko: "쓰지 않는 화면을 닫으십시오."},

	"failure.fault.title": {En: "Something went wrong here", Ko: "이 노드에서 문제가 생겼습니다"},
	"failure.fault":       {En: "The fault is in this node and not in what you did. Whether your act was carried out shows in the list and in the record.", Ko: "귀하의 잘못이 아니라 이 노드의 문제입니다. 처리 여부는 목록과 기록에서 확인할 수 있습니다."},
	"failure.fault.next":  {En: "Look there first. If it stays, give the operator the reference.", Ko: "먼저 그곳을 확인하십시오. 문제가 계속되면 운영자에게 참조 번호를 알려 주십시오."},
}
