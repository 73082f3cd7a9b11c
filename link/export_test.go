package link

import "liaison.example/ledger"

// EncodeExtension is the message that pushes an extension.
func EncodeExtension(x ledger.Extension) string {
	body, err := encodeExtension(x)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// DecodeExtension reads such a message, within the limits of Defaults.
func DecodeExtension(body string) (ledger.Extension, error) {
	l := Defaults()
	return l.decodeExtension([]byte(body))
}
