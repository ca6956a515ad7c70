package inspect

import (
	"strings"
	"testing"
	"unicode"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":              "plain",
		"größer 容器":          "größer 容器",
		"\x1b[2Jgone":        "␛[2Jgone",
		"a\tb\nc\rd":         "a b\ufffdc\ufffdd",
		"right\u202eto left": "right\ufffdto left",
		"broken\xffbyte":     "broken\ufffdbyte",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		for _, r := range got {
			if !unicode.IsPrint(r) && r != '\ufffd' {
				t.Errorf("%q lets %q through", s, r)
			}
		}
		if Printable(got) != got {
			t.Errorf("%q changes the second time", got)
		}
	})
}

func TestSecretName(t *testing.T) {
	for name, want := range map[string]bool{
		"DB_PASSWORD": true, "api_token": true, "AWS_SECRET_ACCESS_KEY": true, "DATABASE_URL": true, "MYSQL_PWD": true,
		"PWD": false, "PATH": false, "POSTGRES_PASSWORD_FILE": false, "LOG_LEVEL": false,
	} {
		if got := SecretName(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRedactor(t *testing.T) {
	r := NewRedactor([]string{
		"DB_PASSWORD=correct horse", "LONGER_TOKEN=correct horse battery", "PIN_TOKEN=abc", "EMPTY_SECRET=",
		"BROKER=amqp://app:s3cretpw@mq:5672/", "LEVEL=debug",
	})
	got := r.Redact("correct horse battery, correct horse, abc, amqp://app:s3cretpw@mq, debug")
	if got != "•••, •••, abc, amqp://app:•••@mq, debug" {
		t.Errorf("%q", got)
	}
	if (Redactor{}).Redact("as it is") != "as it is" {
		t.Error("a redactor that knows nothing changes text")
	}
}

func TestTruncate(t *testing.T) {
	if got := Truncate("größer", 4); got != "grö…" {
		t.Errorf("%q", got)
	}
	if got := Truncate(strings.Repeat("x", 9), 9); len(got) != 9 {
		t.Errorf("%q", got)
	}
}
