// Asks the vendors' own Go libraries about requests: one JSON object a line on stdin, one answer a line on stdout, as
// judge.py in the folder beside this one describes it.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/PaddleHQ/paddle-go-sdk/v4"
	"github.com/PagerDuty/go-pagerduty/webhookv3"
	"github.com/bwmarrin/discordgo"
	playground "github.com/go-playground/webhooks/v6/github"
	"github.com/google/go-github/v74/github"
	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"
	"github.com/livekit/protocol/auth"
	livekit "github.com/livekit/protocol/webhook"
	"github.com/mailgun/mailgun-go/v4"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/razorpay/razorpay-go/utils"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/slack-go/slack"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	stripe "github.com/stripe/stripe-go/v84/webhook"
	svix "github.com/svix/svix-webhooks/go"
	twilio "github.com/twilio/twilio-go/client"
)

type question struct {
	Ask      string            `json:"ask"`
	Library  string            `json:"library"`
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	Body     []byte            `json:"body"`
	Secret   string            `json:"secret"`
	Settings map[string]string `json:"settings"`
}

// request is what a handler gets.
func (q question) request() *http.Request {
	r, err := http.NewRequest(q.Method, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		panic(err)
	}
	r.Header = q.header()
	return r
}

func (q question) header() http.Header {
	header := http.Header{}
	for name, value := range q.Headers {
		header.Set(name, value)
	}
	return header
}

type library struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Signs    bool   `json:"signs"`
	verify   func(question) error
	sign     func(question) (map[string]string, error)
}

var errFalse = errors.New("it says false")

func holds(held bool) error {
	if held {
		return nil
	}
	return errFalse
}

func holdsOr(held bool, err error) error {
	if err != nil {
		return err
	}
	return holds(held)
}

// signed gives the three headers of Standard Webhooks.
func signed(prefix string, at time.Time, signature string, err error) (map[string]string, error) {
	return map[string]string{
		prefix + "-id":        "msg_judge",
		prefix + "-timestamp": fmt.Sprint(at.Unix()),
		prefix + "-signature": signature,
	}, err
}

var libraries = []library{
	{
		Name: "stripe-go", Provider: "stripe",
		verify: func(q question) error {
			_, err := stripe.ConstructEventWithOptions(q.Body, q.header().Get("Stripe-Signature"), q.Secret,
				stripe.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
			return err
		},
		sign: func(q question) (map[string]string, error) {
			made := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: q.Body, Secret: q.Secret})
			return map[string]string{"stripe-signature": made.Header}, nil
		},
	},
	{
		Name: "standard-webhooks", Provider: "standard-webhooks",
		verify: func(q question) error {
			wh, err := standardwebhooks.NewWebhook(q.Secret)
			if err != nil {
				return err
			}
			return wh.Verify(q.Body, q.header())
		},
		sign: func(q question) (map[string]string, error) {
			wh, err := standardwebhooks.NewWebhook(q.Secret)
			if err != nil {
				return nil, err
			}
			at := time.Now()
			signature, err := wh.Sign("msg_judge", at, q.Body)
			return signed("webhook", at, signature, err)
		},
	},
	{
		Name: "svix-webhooks", Provider: "svix",
		verify: func(q question) error {
			wh, err := svix.NewWebhook(q.Secret)
			if err != nil {
				return err
			}
			return wh.Verify(q.Body, q.header())
		},
		sign: func(q question) (map[string]string, error) {
			wh, err := svix.NewWebhook(q.Secret)
			if err != nil {
				return nil, err
			}
			at := time.Now()
			signature, err := wh.Sign("msg_judge", at, q.Body)
			return signed("svix", at, signature, err)
		},
	},
	{
		Name: "openai-go", Provider: "openai",
		verify: func(q question) error {
			client := openai.NewClient(option.WithAPIKey("x"), option.WithWebhookSecret(q.Secret))
			return client.Webhooks.VerifySignature(q.Body, q.header())
		},
	},
	{
		Name: "slack-go", Provider: "slack",
		verify: func(q question) error {
			verifier, err := slack.NewSecretsVerifier(q.header(), q.Secret)
			if err != nil {
				return err
			}
			if _, err := verifier.Write(q.Body); err != nil {
				return err
			}
			return verifier.Ensure()
		},
	},
	{
		Name: "twilio-go", Provider: "twilio",
		verify: func(q question) error {
			validator := twilio.NewRequestValidator(q.Secret)
			signature := q.header().Get("X-Twilio-Signature")
			if !strings.HasPrefix(q.header().Get("Content-Type"), "application/x-www-form-urlencoded") {
				return holds(validator.ValidateBody(q.URL, q.Body, signature))
			}
			fields, err := url.ParseQuery(string(q.Body))
			if err != nil {
				return err
			}
			params := map[string]string{}
			for name := range fields {
				params[name] = fields.Get(name)
			}
			return holds(validator.Validate(q.URL, params, signature))
		},
	},
	{
		Name: "line-bot-sdk-go", Provider: "line",
		verify: func(q question) error {
			_, err := webhook.ParseRequest(q.Secret, q.request())
			return err
		},
	},
	{
		Name: "paddle-go-sdk", Provider: "paddle",
		verify: func(q question) error {
			return holdsOr(paddle.NewWebhookVerifier(q.Secret).Verify(q.request()))
		},
	},
	{
		Name: "discordgo", Provider: "discord",
		verify: func(q question) error {
			key, err := hex.DecodeString(q.Secret)
			if err != nil {
				return err
			}
			return holds(discordgo.VerifyInteraction(q.request(), key))
		},
	},
	{
		Name: "sendgrid-go", Provider: "sendgrid",
		verify: func(q question) error {
			key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(q.Secret)
			if err != nil {
				return err
			}
			name := "X-Twilio-Email-Event-Webhook-"
			header := q.header()
			return holdsOr(eventwebhook.VerifySignature(key, q.Body, header.Get(name+"Signature"), header.Get(name+"Timestamp")))
		},
	},
	{
		Name: "razorpay-go", Provider: "razorpay",
		verify: func(q question) error {
			return holds(utils.VerifyWebhookSignature(string(q.Body), q.header().Get("X-Razorpay-Signature"), q.Secret))
		},
	},
	{
		Name: "livekit/protocol", Provider: "livekit",
		verify: func(q question) error {
			event, err := livekit.ReceiveWebhookEvent(q.request(), auth.NewSimpleKeyProvider(q.Settings["api_key"], q.Secret))
			if err != nil {
				return err
			}
			return holds(event.Event != "" && event.Id != "" && event.CreatedAt != 0)
		},
		sign: func(q question) (map[string]string, error) {
			digest := sha256.Sum256(q.Body)
			token, err := auth.NewAccessToken(q.Settings["api_key"], q.Secret).
				SetSha256(base64.StdEncoding.EncodeToString(digest[:])).ToJWT()
			return map[string]string{"authorization": token}, err
		},
	},
	{
		Name: "go-github", Provider: "github",
		verify: func(q question) error {
			r := q.request()
			payload, err := github.ValidatePayload(r, []byte(q.Secret))
			if err != nil {
				return err
			}
			_, err = github.ParseWebHook(github.WebHookType(r), payload)
			return err
		},
	},
	{
		Name: "go-playground/webhooks", Provider: "github",
		verify: func(q question) error {
			hook, err := playground.New(playground.Options.Secret(q.Secret))
			if err != nil {
				return err
			}
			r := q.request()
			_, err = hook.Parse(r, playground.Event(r.Header.Get("X-GitHub-Event")))
			return err
		},
	},
	{
		Name: "mailgun-go", Provider: "mailgun",
		verify: func(q question) error {
			var payload mailgun.WebhookPayload
			if err := json.Unmarshal(q.Body, &payload); err != nil {
				return err
			}
			client := mailgun.NewMailgun("example.test", "x")
			client.SetWebhookSigningKey(q.Secret)
			if err := holdsOr(client.VerifyWebhookSignature(payload.Signature)); err != nil {
				return err
			}
			_, err := mailgun.ParseEvent(payload.EventData)
			return err
		},
	},
	{
		Name: "go-pagerduty", Provider: "pagerduty",
		verify: func(q question) error { return webhookv3.VerifySignature(q.request(), q.Secret) },
	},
}

func answer(line []byte) map[string]any {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return map[string]any{"refused": err.Error()}
	}
	for _, one := range libraries {
		if one.Name != q.Library {
			continue
		}
		if q.Ask == "sign" {
			headers, err := one.sign(q)
			if err != nil {
				return map[string]any{"refused": err.Error()}
			}
			return map[string]any{"headers": headers}
		}
		if err := one.verify(q); err != nil {
			return map[string]any{"refused": err.Error()}
		}
		return map[string]any{"accepted": true}
	}
	return map[string]any{"refused": "there is no library of this name"}
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for i := range libraries {
		libraries[i].Signs = libraries[i].sign != nil
	}
	out.Encode(map[string]any{"libraries": libraries})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		out.Encode(answer(line))
	}
}
