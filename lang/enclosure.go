package lang

// Enclosures: the files that go with dispatches.
var enclosureWords = map[string]Phrase{
	"alarm.enclosure-wrong":      {En: "{side} sent an enclosure whose bytes are not those that its dispatch names. They were thrown away; it is tried again later.", Ko: "{side}에서 보낸 첨부의 내용이 통지문에 적힌 것과 다릅니다. 버렸으며 나중에 다시 시도합니다."},
	"alarm.enclosure-room-disk":  {En: "There is no room on the disk for the enclosures of {side}: {limit} MiB are free.", Ko: "{side}의 첨부를 둘 디스크 공간이 없습니다. 남은 공간은 {limit} MiB입니다."},
	"alarm.enclosure-room-side":  {En: "The enclosures of {side} have reached the {limit} MiB that this node keeps of one side; no more are fetched.", Ko: "{side}의 첨부가 이 노드가 한 측에 허용하는 {limit} MiB에 이르러 더 가져오지 않습니다."},
	"alarm.enclosure-room-loose": {En: "The enclosures of {side} that are not whole, or not named by a dispatch, have reached {limit} MiB; no more are taken until some are.", Ko: "{side}의 첨부 가운데 다 오지 않았거나 통지문에 쓰이지 않은 것이 {limit} MiB에 이르러, 줄어들 때까지 더 받지 않습니다."},

	"refused.enclosure-not-held":  {En: "The enclosure “{name}” is not here any more. Enclose it again.", Ko: "첨부 “{name}”{name:이/가} 이제 여기에 없습니다. 다시 첨부하십시오."},
	"refused.enclosure-name":      {En: "The name “{name}” holds characters that hide or turn what is read. Rename the file and enclose it again.", Ko: "“{name}”이라는 이름에 글자를 숨기거나 방향을 바꾸는 문자가 있습니다. 파일 이름을 바꾸어 다시 첨부하십시오."},
	"refused.enclosure-empty":     {En: "“{name}” has no bytes. Choose another file.", Ko: "“{name}”에 내용이 없습니다. 다른 파일을 고르십시오."},
	"refused.enclosure-too-large": {En: "“{name}” has more than {limit} MiB. Split it into several files.", Ko: "“{name}”{name:이/가} {limit} MiB를 넘습니다. 여러 파일로 나누십시오."},
	"refused.enclosure-page":      {En: "“{name}” is a web page, which can carry script. Enclose it as PDF, or as plain text.", Ko: "“{name}”{name:은/는} 스크립트를 담을 수 있는 웹 페이지입니다. PDF나 일반 글로 첨부하십시오."},
	"refused.enclosure-drawing":   {En: "“{name}” is an SVG drawing, which can carry script. Enclose it as PDF or PNG.", Ko: "“{name}”{name:은/는} 스크립트를 담을 수 있는 SVG 그림입니다. PDF나 PNG로 첨부하십시오."},
	"refused.enclosure-script":    {En: "“{name}” is a script, which a computer would run. Enclose its text as .txt without a first line that begins with “#!”, or as PDF.", Ko: "“{name}”{name:은/는} 컴퓨터가 실행할 수 있는 스크립트입니다. 첫 줄의 “#!”를 빼고 .txt로, 또는 PDF로 첨부하십시오."},
	"refused.enclosure-program":   {En: "“{name}” is a program, which a computer would run. Programs are not enclosed.", Ko: "“{name}”{name:은/는} 컴퓨터가 실행할 수 있는 프로그램입니다. 프로그램은 첨부할 수 없습니다."},
	"refused.enclosure-bomb":      {En: "“{name}” unpacks to far more than it says or anybody can keep. Enclose its files one by one.", Ko: "“{name}”{name:은/는} 풀면 표시된 것이나 감당할 수 있는 것보다 훨씬 커집니다. 안의 파일을 하나씩 첨부하십시오."},
	"refused.enclosure-damaged":   {En: "“{name}” begins as an archive or an office document and cannot be read as one. Save it anew and enclose it again.", Ko: "“{name}”{name:은/는} 압축 파일이나 사무용 문서로 시작하지만 읽을 수 없습니다. 다시 저장하여 첨부하십시오."},
	"refused.enclosure-loaded":    {En: "“{name}” holds a program or a script. Take it out and enclose the rest.", Ko: "“{name}” 안에 프로그램이나 스크립트가 있습니다. 빼고 첨부하십시오."},
	"refused.enclosure-layered":   {En: "“{name}” holds another archive, into which nobody can look. Enclose that one by itself.", Ko: "“{name}” 안에 또 다른 압축 파일이 있어 살펴볼 수 없습니다. 그것을 따로 첨부하십시오."},
	"refused.enclosure-macros":    {En: "“{name}” is a document with macros. Save it without macros, or as PDF, and enclose it again.", Ko: "“{name}”{name:은/는} 매크로가 든 문서입니다. 매크로 없이 저장하거나 PDF로 저장하여 첨부하십시오."},
	"refused.enclosure-no-room":   {En: "This node has no room for “{name}” now. The operator has been told.", Ko: "지금 이 노드에 “{name}”{name:을/를} 둘 공간이 없습니다. 운영자에게 알렸습니다."},
}
