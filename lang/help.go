package lang

// What the help page explains: precedences, states, keys.
var helpWords = map[string]Phrase{
	"help.title":       {En: "Help", Ko: "도움말"},
	"help.precedences": {En: "Precedences", Ko: "긴급도"},
	"help.for":         {En: "For what", Ko: "용도"},
	"help.within":      {En: "Acknowledge within", Ko: "접수 확인 기한"},
	"help.every-hour":  {En: "FLASH and IMMEDIATE run at every hour, the others in joint hours. A precedence says how soon a dispatch must be read, not how important its matter is. FLASH and IMMEDIATE have at most 200 words.", Ko: "초긴급과 긴급은 밤낮없이, 나머지는 공동 근무 시간에만 잽니다. 긴급도는 얼마나 빨리 읽어야 하는지를 나타낼 뿐 내용의 중요도가 아닙니다. 초긴급과 긴급은 200단어를 넘지 않습니다."},

	"help.states": {En: "What became of a dispatch", Ko: "통지문의 상태"},
	"help.time":   {En: "Time raises flags and never changes a state: nothing is agreed to because somebody was silent.", Ko: "시간이 지나면 표시만 달리고 상태는 바뀌지 않습니다. 침묵은 동의가 아닙니다."},

	"help.state-queued":             {En: "Queued", Ko: "대기 중"},
	"help.state-queued.means":       {En: "It is signed and stands in our ledger for good. The node of the other side does not have it yet, for example because the line is down. It goes by itself.", Ko: "서명되어 우리 장부에 영구히 남았습니다. 통신이 끊긴 경우처럼 상대 측 노드에는 아직 닿지 않았으며, 연결되면 저절로 전달됩니다."},
	"help.state-received":           {En: "Received", Ko: "수신됨"},
	"help.state-received.means":     {En: "The node of the other side has stored it and signed a receipt, which you can download. No person need have read it.", Ko: "상대 측 노드가 저장하고 서명한 수신증을 보냈으며, 수신증을 내려받을 수 있습니다. 사람이 읽었다는 뜻은 아닙니다."},
	"help.state-waits":              {En: "Waits for our acknowledgement", Ko: "우리 측 접수 확인 대기"},
	"help.state-waits.means":        {En: "It has reached us, and nobody of our side has acknowledged it. The page rings for FLASH and IMMEDIATE.", Ko: "우리 측에 왔으나 아직 아무도 접수 확인을 하지 않았습니다. 초긴급과 긴급이면 화면이 소리로 알립니다."},
	"help.state-acknowledged":       {En: "Acknowledged", Ko: "접수 확인됨"},
	"help.state-acknowledged.means": {En: "A person of the addressed side has read it and says so. It is no consent to what stands in it.", Ko: "받는 측의 사람이 읽었음을 확인했습니다. 내용에 동의한다는 뜻은 아닙니다."},
	"help.state-read-back":          {En: "Read back", Ko: "복창함"},
	"help.state-read-back.means":    {En: "The addressed side has said in its own words what it has understood. The sender confirms that, or disputes it.", Ko: "받는 측이 이해한 내용을 자기 말로 다시 적었습니다. 보낸 측이 맞다고 확인하거나 이의를 제기합니다."},
	"help.state-disputed":           {En: "Read-back disputed", Ko: "복창에 이의 있음"},
	"help.state-disputed.means":     {En: "The sender says that it was understood otherwise than it was meant. It is to be read back again.", Ko: "보낸 측이 뜻과 다르게 이해되었다고 알렸습니다. 다시 복창해야 합니다."},
	"help.state-considered":         {En: "Under consideration", Ko: "검토 중"},
	"help.state-considered.means":   {En: "The addressed side has said that it considers it, and until when.", Ko: "받는 측이 검토하고 있음과 그 시한을 알렸습니다."},
	"help.state-answered":           {En: "Answered", Ko: "회신됨"},
	"help.state-answered.means":     {En: "The addressed side has replied by a dispatch of its own.", Ko: "받는 측이 자기 통지문으로 회신했습니다."},
	"help.state-closed":             {En: "Closed", Ko: "종결됨"},
	"help.state-closed.means":       {En: "A side has said that nothing more is to be done. It stays readable for ever.", Ko: "한 측이 더 할 일이 없다고 알렸습니다. 내용은 계속 볼 수 있습니다."},
	"help.state-mended":             {En: "Corrected, cancelled or superseded", Ko: "정정·취소·대체됨"},
	"help.state-mended.means":       {En: "Its own side has mended it by a later dispatch, which points back to it. The old text stays visible, struck through.", Ko: "보낸 측이 나중 통지문으로 고쳤으며 그 통지문이 이것을 가리킵니다. 이전 글은 줄을 그은 채 남습니다."},
	"help.state-overdue":            {En: "Overdue", Ko: "기한 경과"},
	"help.state-overdue.means":      {En: "A time that the charter has for it has run out. What is then done, and whom each side tells, follows from the steps in the charter.", Ko: "합의서에 정한 기한이 지났습니다. 그다음 조치는 합의서의 단계에 따르며, 누구에게 알리는지는 각 측이 정합니다."},
	"help.state-void":               {En: "Void", Ko: "무효"},
	"help.state-void.means":         {En: "The entry stands in the ledger and has no effect; the record gives the reason.", Ko: "장부에는 남아 있지만 효력이 없으며, 기록에 그 사유가 있습니다."},
	"help.state-settled":            {En: "Settled", Ko: "확정됨"},
	"help.state-settled.means":      {En: "Its place in the joint record can change no more: both sides have the same up to here, which their signatures show.", Ko: "공동 기록에서의 자리가 더는 바뀌지 않습니다. 여기까지 양측 기록이 같음을 서명이 보여 줍니다."},

	"help.keys":      {En: "Keys", Ko: "글쇠"},
	"help.keys-note": {En: "Each key stands beside what it does. They can be turned off at the foot of the page, and act only while no field is being typed in.", Ko: "글쇠는 해당 단추 옆에 적혀 있습니다. 화면 맨 아래에서 끌 수 있으며, 입력란에 쓰는 동안에는 듣지 않습니다."},
	"help.key-here":  {En: "this page", Ko: "이 화면"},
}
