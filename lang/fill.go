package lang

// The form of a dispatch: filled in, and read.
var fillWords = map[string]Phrase{
	"fill.form":               {En: "Form", Ko: "서식"},
	"fill.without":            {En: "Without a form", Ko: "서식 없음"},
	"fill.take":               {En: "Take this form", Ko: "이 서식 쓰기"},
	"fill.former":             {En: "This form is no longer in force. Take the one in force; what fits is kept.", Ko: "이 서식은 더는 시행 중이 아닙니다. 시행 중인 서식을 고르십시오. 맞는 내용은 그대로 남습니다."},
	"fill.unknown":            {En: "This form is not in the record.", Ko: "기록에 없는 서식입니다."},
	"fill.empty":              {En: "Nothing is filled in.", Ko: "채운 항목이 없습니다."},
	"fill.may-be-empty":       {En: "may be left empty", Ko: "비워 둘 수 있음"},
	"fill.zone":               {En: "Clock of {zone}.", Ko: "{zone} 시각."},
	"fill.lacks":              {En: "The form is not filled in as it must be; see below. Nothing is lost.", Ko: "서식이 제대로 채워지지 않았습니다. 아래를 보십시오. 입력한 내용은 그대로 있습니다."},
	"fill.form-lacks":         {En: "“{field}” must be filled in.", Ko: "“{field}” 항목을 채워야 합니다."},
	"fill.form-field-unknown": {En: "The form does not ask for “{field}”.", Ko: "서식에 “{field}” 항목이 없습니다."},
	"fill.form-value":         {En: "“{field}”: “{value}” is not {type}.", Ko: "“{field}”: “{value}”은(는) {type} 형식이 아닙니다."},
	"fill.answer":             {En: "Answer", Ko: "회신"},
	"fill.no-answer":          {En: "No answer yet: a question or a remark", Ko: "아직 회신이 아님: 질문이나 의견"},
	"fill.answered":           {En: "Answer: {answer}", Ko: "회신 내용: {answer}"},
	"fill.until":              {En: "That is until {time} ({zone}).", Ko: "기한은 {time}({zone})입니다."},
	"field-type.line":         {En: "a line of at most 200 characters", Ko: "200자 이내의 한 줄"},
	"field-type.text":         {En: "a text of at most 10,000 bytes", Ko: "10,000바이트 이내의 글"},
	"field-type.number":       {En: "a number such as -12.5", Ko: "-12.5와 같은 수"},
	"field-type.date":         {En: "a date such as 2018-10-15", Ko: "2018-10-15와 같은 날짜"},
	"field-type.minute":       {En: "a time such as 2018-10-15 09:30", Ko: "2018-10-15 09:30과 같은 시각"},
	"field-type.position":     {En: "a position in degrees north and east, such as 37.9321,126.5567", Ko: "37.9321,126.5567과 같은 북위·동경 좌표"},
	"field-type.choice":       {En: "one of the choices", Ko: "고를 수 있는 것 가운데 하나"},
}
