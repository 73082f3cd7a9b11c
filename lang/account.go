package lang

// Accounts of our own people: what is refused.
var accountWords = map[string]Phrase{
	"refused.account-name":          {En: "“{name}” cannot be the name of an account: it begins with a lower case letter and has at most 31 lower case letters, digits and hyphens.", Ko: "“{name}”은(는) 계정 이름으로 쓸 수 없습니다. 소문자로 시작하고 소문자, 숫자, 붙임표를 합해 31자까지입니다."},
	"refused.account-exists":        {En: "The name “{name}” belongs to an account already, or did once; it is never given to another person.", Ko: "“{name}”은(는) 이미 쓰였거나 쓰이는 계정 이름입니다. 다른 사람에게 다시 주지 않습니다."},
	"refused.account-unknown":       {En: "There is no account “{name}”.", Ko: "“{name}” 계정이 없습니다."},
	"refused.account-person":        {En: "The person’s name is one line of at most {limit} characters, without control characters or marks that cannot be seen.", Ko: "사람 이름은 {limit}자 이내의 한 줄이며, 제어 문자나 보이지 않는 부호를 쓸 수 없습니다."},
	"refused.account-posts":         {En: "An account may act for at most {limit} posts.", Ko: "한 계정이 맡을 수 있는 직위는 {limit}개까지입니다."},
	"refused.account-post":          {En: "The account cannot act for the post “{post}”.", Ko: "이 계정은 직위 “{post}”(으)로 일할 수 없습니다."},
	"refused.account-language":      {En: "That is not the tag of a language, such as ko.", Ko: "ko와 같은 언어 태그가 아닙니다."},
	"refused.account-suspended":     {En: "The account “{name}” is suspended.", Ko: "“{name}” 계정은 정지되어 있습니다."},
	"refused.account-not-suspended": {En: "The account “{name}” is not suspended.", Ko: "“{name}” 계정은 정지되어 있지 않습니다."},
	"refused.account-many":          {En: "There are {limit} accounts, and there cannot be more.", Ko: "계정이 {limit}개로, 더 만들 수 없습니다."},
	"refused.password-short":        {En: "The password is too short: it needs at least {limit} characters.", Ko: "암호가 너무 짧습니다. {limit}자 이상이어야 합니다."},
	"refused.password-text":         {En: "The password cannot be used: it may have at most {limit} bytes and no control characters.", Ko: "쓸 수 없는 암호입니다. {limit}바이트까지이고 제어 문자를 쓸 수 없습니다."},
	"refused.password-name":         {En: "The password must not be the name of the account.", Ko: "계정 이름을 암호로 쓸 수 없습니다."},
	"refused.password-wrong":        {En: "The present password is not right.", Ko: "지금 암호가 맞지 않습니다."},
	"refused.code-wrong":            {En: "The code is not right. Each code works once, and for about a minute; look whether the clock of the device is right.", Ko: "코드가 맞지 않습니다. 코드는 한 번만, 약 1분 동안 쓸 수 있습니다. 기기의 시계를 확인하십시오."},
	"refused.sign-in-wrong":         {En: "The name, the password or the code is not right, or the account is suspended.", Ko: "이름, 암호, 코드 가운데 맞지 않는 것이 있거나 정지된 계정입니다."},
	"refused.sign-in-wait":          {En: "Too many sign-ins have failed. Try again in {seconds} {seconds:second/seconds}, or ask the operator for a link.", Ko: "들어가기에 여러 번 실패했습니다. {seconds}초 뒤에 다시 시도하거나 운영자에게 링크를 요청하십시오."},
	"refused.sign-in-busy":          {En: "Too many people sign in at this moment. Try again in a few seconds.", Ko: "지금 들어오려는 사람이 너무 많습니다. 몇 초 뒤에 다시 시도하십시오."},
}
