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
