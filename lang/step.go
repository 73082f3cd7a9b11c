package lang

// The ladders of the charter: what is done about what nobody has acknowledged.
var stepWords = map[string]Phrase{
	"steps.title":     {En: "If nobody acknowledges", Ko: "접수 확인이 없을 때"},
	"steps.note":      {En: "So long after release each side does by itself what stands here, until somebody of it has acknowledged. Below IMMEDIATE the time runs in joint hours. Whom a side tells is its own affair.", Ko: "각 측은 자기 측에서 누군가 접수 확인할 때까지, 발송 후 이만큼 지나면 여기 적힌 일을 합니다. 긴급보다 낮은 등급은 공동 근무 시간에만 잽니다. 누구에게 알리는지는 각 측이 정합니다."},
	"steps.after":     {En: "after {time}: {acts}", Ko: "{time} 뒤: {acts}"},
	"steps.none":      {En: "nothing", Ko: "없음"},
	"steps.ladder":    {En: "Steps of {precedence}", Ko: "{precedence} 단계"},
	"steps.own":       {En: "Steps of this channel, {precedence}", Ko: "이 통로의 단계, {precedence}"},
	"steps.type":      {En: "Steps, one precedence in a line", Ko: "단계(한 줄에 긴급도 하나)"},
	"steps.type-own":  {En: "Steps of this channel, where they differ", Ko: "이 통로만의 단계(다를 때만)"},
	"steps.type-note": {En: "So: FLASH 5 alarm, 10 deputy bearer, 20 head. The numbers are minutes. Words: alarm (the watch is told again), deputy, head, bearer (other means), check (listed at the next line check), agenda (of the heads); none, if nothing is to be done.", Ko: "예: FLASH 5 alarm, 10 deputy bearer, 20 head. 숫자는 분입니다. 쓸 수 있는 말: alarm(당직자에게 다시 알림), deputy(부소장), head(소장), bearer(다른 수단), check(다음 통신 점검 때 올림), agenda(소장 회의 의제), none(아무것도 하지 않음)."},
	"steps.then":      {En: "; then ", Ko: ", 이어서 "},
	"steps.at":        {En: "{time} {acts}", Ko: "{time} {acts}"},
	"steps.now":       {En: "step {n} of {of} since {time}: {acts}", Ko: "{time}부터 {of}단계 중 {n}단계: {acts}"},

	"step.alarm":  {En: "the watch is told again", Ko: "당직자에게 다시 알림"},
	"step.deputy": {En: "the deputy is told", Ko: "부소장에게 알림"},
	"step.head":   {En: "the head is told", Ko: "소장에게 알림"},
	"step.bearer": {En: "other means are tried", Ko: "다른 수단으로 연락"},
	"step.check":  {En: "listed at the next line check", Ko: "다음 통신 점검 때 올림"},
	"step.agenda": {En: "goes on the agenda of the heads", Ko: "소장 회의 의제에 올림"},
}
