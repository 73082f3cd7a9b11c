package lang

// The roster, the promise of coverage, and changes of personnel.
var rosterWords = map[string]Phrase{
	"feed.own":   {En: "My watches, {side}", Ko: "내 당직, {side}"},
	"feed.desk":  {En: "Watches of {side}", Ko: "{side} 당직"},
	"feed.watch": {En: "Watch: {name}", Ko: "당직: {name}"},
	"feed.of":    {En: "{who}: {name}", Ko: "{who}: {name}"},
	"feed.given": {En: "Given to {who}: {name}", Ko: "{who}에게 넘김: {name}"},

	"may.coverage":  {En: "Promise a watch", Ko: "당직 보장 통보"},
	"may.personnel": {En: "Give notice of a change of personnel", Ko: "인원 변동 통보"},

	"may.roster": {En: "Keep the roster", Ko: "당직표 관리"},

	"trail.roster-changed": {En: "roster changed", Ko: "당직표 변경"},
	"trail.feed-made":      {En: "calendar address made", Ko: "일정 주소 생성"},
	"trail.feed-ended":     {En: "calendar address ended", Ko: "일정 주소 폐기"},

	"refused.roster-name":          {En: "A rotation has a name of one line, at most {limit} characters.", Ko: "순번표에는 {limit}자 이내 한 줄 이름이 필요합니다."},
	"refused.roster-day":           {En: "“{value}” is no day such as 2018-10-15.", Ko: "“{value}”은(는) 2018-10-15와 같은 날짜가 아닙니다."},
	"refused.roster-days":          {En: "A rotation cannot end before it begins.", Ko: "순번표는 시작일보다 먼저 끝날 수 없습니다."},
	"refused.roster-instead-until": {En: "A temporary schedule needs the day on which it ends.", Ko: "임시 순번표에는 끝나는 날짜가 필요합니다."},
	"refused.roster-starts":        {En: "Name when the watches of a day begin: at most {limit} times of day.", Ko: "하루의 당직 시작 시각을 {limit}개 이내로 적으십시오."},
	"refused.roster-start":         {En: "“{value}” is no time of day such as 08:00, or stands out of order.", Ko: "“{value}”은(는) 08:00과 같은 시각이 아니거나 순서가 맞지 않습니다."},
	"refused.roster-length":        {En: "A watch lasts from one minute to {limit} hours.", Ko: "당직은 1분에서 {limit}시간까지입니다."},
	"refused.roster-each":          {En: "One has from 1 to {limit} watches in succession.", Ko: "한 사람이 잇달아 서는 당직은 1회에서 {limit}회까지입니다."},
	"refused.roster-turn":          {En: "Name who has the watch in turn: from 1 to {limit}.", Ko: "순번에 설 사람을 1명에서 {limit}명까지 적으십시오."},
	"refused.roster-weekdays":      {En: "The days of the week are numbers from 1, Monday, to 7, in order.", Ko: "요일은 월요일을 1로 하여 7까지 순서대로 적으십시오."},
	"refused.roster-who":           {En: "“{who}” is neither an account nor a post such as post:duty-officer.", Ko: "“{who}”은(는) 계정도, post:duty-officer와 같은 직위도 아닙니다."},
	"refused.roster-range":         {En: "Ask for at most {days} days, and fewer if there are very many watches.", Ko: "한 번에 {days}일까지 볼 수 있고, 당직이 아주 많으면 더 짧게 보십시오."},
	"refused.roster-unknown":       {En: "There is no rotation {id}.", Ko: "{id}번 순번표가 없습니다."},
	"refused.roster-changed":       {En: "Somebody has changed this rotation meanwhile. Read it again first.", Ko: "그사이 다른 사람이 이 순번표를 바꾸었습니다. 먼저 다시 읽으십시오."},
	"refused.roster-many":          {En: "There are {limit} rotations already, ended ones too.", Ko: "끝난 것을 포함해 순번표가 이미 {limit}개입니다."},
	"refused.roster-begun":         {En: "This rotation has begun: only its name and its last day can change. Let it end, and begin another.", Ko: "이미 시작된 순번표는 이름과 끝나는 날만 바꿀 수 있습니다. 끝낸 뒤 새 순번표를 시작하십시오."},
	"refused.roster-past":          {En: "That lies in the past, and what was planned stays as it was.", Ko: "이미 지난 일이며, 지난 계획은 그대로 남습니다."},
	"refused.roster-why":           {En: "Write one line of at most {limit} characters.", Ko: "{limit}자 이내 한 줄로 적으십시오."},
	"refused.roster-no-watch":      {En: "The roster has no watch {watch}.", Ko: "당직표에 {watch} 당직이 없습니다."},
	"refused.swap-not-yours":       {En: "This watch is not yours to offer.", Ko: "본인의 당직이 아니어서 내놓을 수 없습니다."},
	"refused.swap-yourself":        {En: "This watch is yours already.", Ko: "이미 본인의 당직입니다."},
	"refused.swap-not-theirs":      {En: "The watch that is asked in return is not of whom it is offered to.", Ko: "맞바꿀 당직이 제안 받는 사람의 것이 아닙니다."},
	"refused.swap-offered":         {En: "This watch is offered already.", Ko: "이미 내놓은 당직입니다."},
	"refused.swap-many":            {En: "There are {limit} offers already that wait for an answer.", Ko: "답을 기다리는 제안이 이미 {limit}건입니다."},
	"refused.swap-unknown":         {En: "There is no offer {id}.", Ko: "{id}번 제안이 없습니다."},
	"refused.swap-ended":           {En: "This offer no longer waits for an answer.", Ko: "이 제안은 더 이상 답을 기다리지 않습니다."},
	"refused.swap-not-to-you":      {En: "This watch is offered to somebody else.", Ko: "다른 사람에게 제안된 당직입니다."},
	"refused.swap-changed":         {En: "One of the two watches has changed hands since it was offered.", Ko: "제안한 뒤 당직의 담당자가 바뀌었습니다."},

	"field.who":   {En: "Who is on watch", Ko: "당직자"},
	"field.comes": {En: "Who comes", Ko: "오는 사람"},
	"field.goes":  {En: "Who goes", Ko: "떠나는 사람"},
}
