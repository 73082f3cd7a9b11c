package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"liaison.example/office"
)

// mailSender tells by e-mail, through the mail server of the side. What was sent
// cannot be taken back. The Message-ID is the same with each attempt, so that a
// mail program can know a message that came twice.
type mailSender struct{}

func (mailSender) Kind() string { return "mail" }

func (mailSender) Office() []Field {
	return []Field{
		{Name: "host", Type: FieldText, Required: true},
		{Name: "port", Type: FieldNumber, Required: true, Default: "587"},
		{Name: "security", Type: FieldChoice, Required: true, Choices: []string{"starttls", "tls", "none"}, Default: "starttls"},
		{Name: "user", Type: FieldText},
		{Name: "password", Type: FieldSecret},
		{Name: "from", Type: FieldText, Required: true},
	}
}

func (mailSender) Personal() []Field {
	return []Field{{Name: "address", Type: FieldText, Required: true}}
}

func (mailSender) Send(ctx context.Context, to To, n Notice) error {
	port, err := strconv.Atoi(to.Office["port"])
	if to.Office["host"] == "" || to.Office["from"] == "" || err != nil {
		return errNotSet
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(sendTime)}
	switch to.Office["security"] {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if to.Office["user"] != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(to.Office["user"]), mail.WithPassword(to.Office["password"]))
	}
	client, err := mail.NewClient(to.Office["host"], options...)
	if err != nil {
		return fmt.Errorf("the mail server cannot be asked: %w", err)
	}
	if n.Quiet() {
		if err := client.DialWithContext(ctx); err != nil {
			return fmt.Errorf("the mail server does not answer well: %w", err)
		}
		return client.Close()
	}
	m := mail.NewMsg()
	if err := errors.Join(m.From(to.Office["from"]), m.To(to.Personal["address"])); err != nil {
		return errors.New("an address of the e-mail cannot be read")
	}
	m.SetMessageIDWithValue(n.Key + "@" + domain(to.Office["from"]))
	m.SetDateWithValue(n.At)
	m.Subject(n.Title(to.Language))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if n.urgent() || n.Precedence == office.Immediate {
		m.SetImportance(mail.ImportanceHigh)
	}
	m.SetBodyString(mail.TypeTextPlain, n.Body(to.Language)+"\n")
	if err := client.DialAndSendWithContext(ctx, m); err != nil {
		return fmt.Errorf("the mail server did not take it: %w", err)
	}
	return nil
}

// domain is what stands behind the @ of an address.
func domain(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return strings.Trim(address[i+1:], "> ")
	}
	return "liaison.invalid"
}
