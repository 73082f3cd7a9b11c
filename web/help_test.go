package web

import (
	"net/url"
	"testing"
)

func TestTheHelpPageExplainsStatesAndPrecedencesInBothLanguages(t *testing.T) {
	_, south := ours(t)
	south.get("/").want(t, 200, `href="/help" data-help`, "<kbd>?</kbd>")
	south.get("/help").want(t, 200, "It is no consent to what stands in it", "FLASH", "Lives at risk", "10 min", "Under consideration", `href="#mark-settled"`, "<kbd>?</kbd>")
	south.post("/language", url.Values{"language": {"ko"}, "back": {"/help"}}).want(t, 303)
	south.get("/help").want(t, 200, "침묵은 동의가 아닙니다", "초긴급", "검토 중", "무효")
}
