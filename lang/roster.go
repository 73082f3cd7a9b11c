package lang

// The roster, the promise of coverage, and changes of personnel.
var rosterWords = map[string]Phrase{
	"may.coverage":  {En: "Promise a watch", Ko: "당직 보장 통보"},
	"may.personnel": {En: "Give notice of a change of personnel", Ko: "인원 변동 통보"},

	"field.who":   {En: "Who is on watch", Ko: "당직자"},
	"field.comes": {En: "Who comes", Ko: "오는 사람"},
	"field.goes":  {En: "Who goes", Ko: "떠나는 사람"},
}
