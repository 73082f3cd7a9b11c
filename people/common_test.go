package people_test

import (
	"testing"

	"liaison.example/people"
)

func TestPasswordsThatAnybodyWouldTryAreRefused(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, people.Account{Name: "park-min", Person: "Park"})
		_, cookie := redeem(t, p, "park-min")
		set := func(password string) error { return p.SetPassword(t.Context(), cookie, from, "", password) }
		for _, common := range []string{
			"password1234", "Password2018!", "P@ssw0rd1234", "passwordpassword", "123456789012", "qwertyuiop12", "1qaz2wsx3edc",
			"aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijklm", "zyxwvutsrqpo", "iloveyou2018", "welcome-welcome", "park-min-2018", "Park-Min!!!!",
			"Liaison-Office-18", "kaesong-2018-09", "qlalfqjsgh1234", "비밀번호비밀번호비밀번호", "대한민국대한민국1234", "xk2fxk2fxk2f", "dutyofficer1",
		} {
			wantRefusal(t, common, set(common), "password-common")
		}
		for _, good := range []string{
			secret, "three words and more", "a password in clear", "the second password", "correct horse battery staple", "r7#kQ2!mZx9p", "강가에서 만난 두루미 셋",
		} {
			if err := set(good); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
	})
}

func TestTheLongestPasswordIsLookedAtInGoodTime(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		_, cookie := redeem(t, p, "park")
		long := ""
		for i := range 128 {
			long += string(rune('a'+i*7%26)) + string(rune('0'+i%10))
		}
		if err := p.SetPassword(t.Context(), cookie, from, "", long); err != nil {
			t.Errorf("got %v", err)
		}
	})
}
