package lang

// What one side waits for from another, and why nothing has come.
var silenceWords = map[string]Phrase{
	"refused.silence-none":     {En: "Nothing is waited for from another side that could be stated.", Ko: "진술할 만큼 상대측에 기다리는 것이 없습니다."},
	"refused.silence-too-long": {En: "The other side has written too much since then to go with the statement. Make it without the entries of the other side, or about a later dispatch.", Ko: "그 뒤 상대측이 쓴 항목이 너무 많아 진술에 함께 넣을 수 없습니다. 상대측 항목 없이 만들거나 더 나중의 통지문에 대해 만드십시오."},
	"refused.silence-unheld":   {En: "No receipt of {side} is held yet: there is nothing that could be proven.", Ko: "{side}의 수신증이 아직 없어 증명할 것이 없습니다."},
}
