package lang

// What a program is told when its request was not done, where it is not a
// refusal of the rules.
var problemWords = map[string]Phrase{
	"problem.body":            {En: "The body cannot be read: {error}.", Ko: "본문을 읽을 수 없습니다: {error}."},
	"problem.body-more":       {En: "The body has more after its end.", Ko: "본문이 끝난 뒤에 더 있습니다."},
	"problem.id":              {En: "“{id}” is not an entry id, such as south/17.", Ko: "“{id}”은(는) south/17과 같은 항목 번호가 아닙니다."},
	"problem.number":          {En: "“{value}” is not the number of a line in a list.", Ko: "“{value}”은(는) 목록에 있는 번호가 아닙니다."},
	"problem.wait":            {En: "{name}={value} is not a time of at most {limit}, such as 60s.", Ko: "{name}={value}은(는) 60s와 같은 {limit} 이내의 시간이 아닙니다."},
	"problem.choice":          {En: "{name}={value} is not one of {values}.", Ko: "{name}={value}은(는) {values} 가운데 하나가 아닙니다."},
	"problem.limit":           {En: "limit={value} is not a number from 1 to {limit}.", Ko: "limit={value}은(는) 1부터 {limit}까지의 수가 아닙니다."},
	"problem.moment":          {En: "{name}={value} is not a time such as 2018-10-15T01:30:00Z.", Ko: "{name}={value}은(는) 2018-10-15T01:30:00Z와 같은 시각이 아닙니다."},
	"problem.cursor":          {En: "cursor={value} was not given by a page of this list.", Ko: "cursor={value}은(는) 이 목록에서 받은 것이 아닙니다."},
	"problem.charter-missing": {En: "The charter is missing.", Ko: "합의서가 없습니다."},
	"problem.link-valid":      {En: "A sign-in link is valid for at most {days} days.", Ko: "로그인 링크는 {days}일까지 쓸 수 있습니다."},
	"problem.token-valid":     {En: "A token is valid for at most {days} days.", Ko: "토큰은 {days}일까지 쓸 수 있습니다."},
	"problem.credence":        {En: "{error}", Ko: "{error}"},
	"problem.no-token":        {En: "This needs a token: send it in the header Authorization, after the word Bearer.", Ko: "토큰이 필요합니다. Authorization 머리글에 Bearer라는 말 다음에 보내십시오."},
	"problem.operator-only":   {En: "Only the operator may do this, on the node’s own machine; no token will do.", Ko: "노드가 있는 기계에서 운영자만 할 수 있으며 토큰으로는 할 수 없습니다."},
	"problem.route":           {En: "There is no such route.", Ko: "그런 경로가 없습니다."},
	"problem.dispatch":        {En: "There is no dispatch {id}.", Ko: "통지문 {id}{id:이/가} 없습니다."},
	"problem.entry":           {En: "There is no entry {id} here.", Ko: "항목 {id}{id:이/가} 여기 없습니다."},
	"problem.alarm":           {En: "There is no alarm {id}.", Ko: "경보 {id}{id:이/가} 없습니다."},
	"problem.token":           {En: "There is no token {id} that works.", Ko: "쓸 수 있는 토큰 {id}{id:이/가} 없습니다."},
	"problem.line":            {En: "There is no line to a side “{side}”.", Ko: "“{side}” 측으로 가는 회선이 없습니다."},
	"problem.post":            {En: "There is no post “{post}” of this side: “liaison posts” lists them.", Ko: "우리 측에 “{post}” 직위가 없습니다. “liaison posts”로 볼 수 있습니다."},
	"problem.too-large":       {En: "The request is too large: at most {limit} bytes are allowed.", Ko: "요청이 너무 큽니다. {limit}바이트까지 받습니다."},
	"problem.timeout":         {En: "The time ran out before the node was {state}.", Ko: "노드가 {state} 상태가 되기 전에 시간이 다 되었습니다."},
	"problem.not-demo":        {En: "Only a demonstration can cut its lines.", Ko: "시연에서만 회선을 끊을 수 있습니다."},
	"problem.too-busy":        {En: "Too many requests wait already.", Ko: "기다리는 요청이 이미 너무 많습니다."},
	"problem.next-turn":       {En: "The node is starting anew; ask again.", Ko: "노드가 다시 시작하는 중입니다. 다시 요청하십시오."},
	"problem.internal":        {En: "Something went wrong here; the log says more under the reference {reference}.", Ko: "여기서 무언가 잘못되었습니다. 로그에서 {reference}를 찾으면 더 알 수 있습니다."},
}
