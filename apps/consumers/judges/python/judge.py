"""Asks the vendors' own Python libraries about requests: one JSON object a line on stdin, one answer a line on stdout.

The first line on stdout lists the libraries: {"libraries": [{"name": "stripe", "provider": "stripe", "signs": true}]}.
A question is {"ask": "verify" or "sign", "library", "method", "url", "headers", "body", "secret", "settings"}: `headers`
have lower-case names and `body` is base64. The answer to `verify` is {"accepted": true} or {"refused": "<why>"}; the
answer to `sign` is {"headers": {...}} and, if the signature is in the body, {"body": "<base64>"}. Everything that a
library prints goes to stderr. The library gets the request unchanged; only its headers are looked up without regard to
case, as in every web framework.
"""

import base64
import json
import sys
import time
from datetime import datetime, timezone
from types import SimpleNamespace
from urllib.parse import parse_qsl

ANSWERS = sys.stdout
sys.stdout = sys.stderr

JUDGES = {}
SIGNERS = {}


def judge(name, provider):
    def keep(function):
        JUDGES[name] = (provider, function)
        return function

    return keep


def signer(name):
    def keep(function):
        SIGNERS[name] = function
        return function

    return keep


class Headers(dict):
    def get(self, name, default=None):
        return super().get(name.lower(), default)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())


class Request:
    def __init__(self, question):
        self.method = question["method"]
        self.url = question["url"]
        self.headers = Headers(question["headers"])
        self.body = base64.b64decode(question["body"])
        self.secret = question["secret"]
        self.settings = question["settings"]

    @property
    def text(self):
        return self.body.decode("utf-8")

    def header(self, name):
        return self.headers.get(name, "")


@judge("stripe", "stripe")
def _(r):
    import stripe

    stripe.Webhook.construct_event(r.body, r.header("stripe-signature"), r.secret)


@signer("stripe")
def _(r):
    import stripe

    t = int(time.time())
    return {"stripe-signature": f"t={t},v1={stripe.WebhookSignature._compute_signature(f'{t}.{r.text}', r.secret)}"}


def standard_webhooks(name, provider, prefix, load):
    @judge(name, provider)
    def _(r):
        load()(r.secret).verify(r.body, r.headers)

    @signer(name)
    def _(r):
        moment = datetime.now(timezone.utc)
        names = {"id": "msg_judge", "timestamp": str(int(moment.timestamp()))}
        names["signature"] = load()(r.secret).sign(names["id"], moment, r.text)
        return {f"{prefix}-{name}": value for name, value in names.items()}


def load_standardwebhooks():
    from standardwebhooks.webhooks import Webhook

    return Webhook


def load_svix():
    from svix.webhooks import Webhook

    return Webhook


standard_webhooks("standardwebhooks", "standard-webhooks", "webhook", load_standardwebhooks)
standard_webhooks("svix", "svix", "svix", load_svix)
standard_webhooks("svix for Clerk", "clerk", "svix", load_svix)


@judge("resend", "resend")
def _(r):
    from resend import Webhooks

    headers = {name: r.header(f"svix-{name}") for name in ("id", "timestamp", "signature")}
    Webhooks.verify({"payload": r.text, "headers": headers, "webhook_secret": r.secret})


@judge("openai", "openai")
def _(r):
    from openai import OpenAI

    OpenAI(api_key="x").webhooks.verify_signature(r.body, r.headers, secret=r.secret)


@judge("replicate", "replicate")
def _(r):
    from replicate.webhook import Webhooks, WebhookSigningSecret

    Webhooks.validate(headers=r.headers, body=r.text, secret=WebhookSigningSecret(key=r.secret), tolerance=300)


@judge("polar-sdk", "polar")
def _(r):
    from polar.webhooks import validate_event

    event_type = json.loads(r.body)["type"]
    validate_event(r.body, r.headers, r.secret, frozenset([event_type]), lambda data: data)


@judge("slack_sdk", "slack")
def _(r):
    from slack_sdk.signature import SignatureVerifier

    return SignatureVerifier(r.secret).is_valid_request(r.body, r.headers)


@signer("slack_sdk")
def _(r):
    from slack_sdk.signature import SignatureVerifier

    t = str(int(time.time()))
    signature = SignatureVerifier(r.secret).generate_signature(timestamp=t, body=r.body)
    return {"x-slack-request-timestamp": t, "x-slack-signature": signature}


def twilio_parameters(r):
    form = r.header("content-type").startswith("application/x-www-form-urlencoded")
    return dict(parse_qsl(r.text, keep_blank_values=True)) if form else r.text


@judge("twilio", "twilio")
def _(r):
    from twilio.request_validator import RequestValidator

    return RequestValidator(r.secret).validate(r.url, twilio_parameters(r), r.header("x-twilio-signature"))


@signer("twilio")
def _(r):
    from twilio.request_validator import RequestValidator

    return {"x-twilio-signature": RequestValidator(r.secret).compute_signature(r.url, twilio_parameters(r))}


@judge("line-bot-sdk", "line")
def _(r):
    from linebot.v3 import WebhookParser

    WebhookParser(r.secret).parse(r.text, r.header("x-line-signature"))


@judge("paddle-python-sdk", "paddle")
def _(r):
    from paddle_billing.Entities.Notifications import NotificationEvent
    from paddle_billing.Notifications import Secret, Verifier

    request = SimpleNamespace(headers=r.headers, body=r.body)
    if not Verifier().verify(request, Secret(r.secret)):
        return False
    NotificationEvent.from_request(request)


@signer("paddle-python-sdk")
def _(r):
    from paddle_billing.Notifications.PaddleSignature import PaddleSignature

    t = int(time.time())
    mac = PaddleSignature.calculate_hmac(r.secret, f"{t}:{r.text}".encode()).hexdigest()
    return {"paddle-signature": f"ts={t};h1={mac}"}


@judge("squareup", "square")
def _(r):
    from square.utils.webhooks_helper import verify_signature

    signature = r.header("x-square-hmacsha256-signature")
    return verify_signature(
        request_body=r.text, signature_header=signature, signature_key=r.secret, notification_url=r.url
    )


@judge("discord-interactions", "discord")
def _(r):
    from discord_interactions import verify_key

    return verify_key(r.body, r.header("x-signature-ed25519"), r.header("x-signature-timestamp"), r.secret)


@judge("telnyx", "telnyx")
def _(r):
    from telnyx.lib.webhook_verification import verify_webhook_signature

    verify_webhook_signature(r.text, r.headers, r.secret)


@judge("sendgrid", "sendgrid")
def _(r):
    from sendgrid.helpers.eventwebhook import EventWebhook

    name = "x-twilio-email-event-webhook"
    return EventWebhook(r.secret).verify_signature(r.text, r.header(f"{name}-signature"), r.header(f"{name}-timestamp"))


@judge("Adyen", "adyen")
def _(r):
    from Adyen.util import is_valid_hmac_notification

    return is_valid_hmac_notification(json.loads(r.body), r.secret)


@signer("Adyen")
def _(r):
    from Adyen.util import generate_notification_sig

    notification = json.loads(r.body)
    item = notification["notificationItems"][0]["NotificationRequestItem"]
    del item["additionalData"]["hmacSignature"]
    item["additionalData"]["hmacSignature"] = generate_notification_sig(item, r.secret).decode()
    return {}, json.dumps(notification).encode()


@judge("razorpay", "razorpay")
def _(r):
    import razorpay

    client = razorpay.Client(auth=("x", "x"))
    return client.utility.verify_webhook_signature(r.text, r.header("x-razorpay-signature"), r.secret)


@judge("gocardless_pro", "gocardless")
def _(r):
    from gocardless_pro import webhooks

    events = webhooks.parse_with_meta(r.text, r.secret, r.header("webhook-signature")).events
    for event in events:
        assert event.id and event.action and event.resource_type and event.links is not None


@judge("hubspot-api-client", "hubspot")
def _(r):
    from hubspot.utils.signature import Signature

    return Signature.is_valid(
        r.header("x-hubspot-signature-v3"),
        r.secret,
        r.text,
        r.url,
        r.method,
        "v3",
        r.header("x-hubspot-request-timestamp"),
    )


@signer("hubspot-api-client")
def _(r):
    from hubspot.utils.signature import Signature

    t = str(int(time.time() * 1000))
    signature = Signature.get_signature(r.secret, r.text, "v3", r.url, r.method, t)
    return {"x-hubspot-request-timestamp": t, "x-hubspot-signature-v3": signature}


@judge("workos", "workos")
def _(r):
    from workos import WorkOSClient

    client = WorkOSClient(api_key="x", client_id="x")
    client.webhooks.verify_event(event_body=r.body, event_signature=r.header("workos-signature"), secret=r.secret)


@judge("vonage-jwt", "vonage")
def _(r):
    import hashlib

    import jwt
    from vonage_jwt.verify_jwt import verify_signature

    token = r.header("authorization").split(" ")[1]
    if not verify_signature(token, r.secret):
        return False
    # The library checks the token alone; its documentation leaves the hash of the body to the receiver.
    claims = jwt.decode(token, options={"verify_signature": False})
    return claims["payload_hash"] == hashlib.sha256(r.body).hexdigest()


@judge("livekit-api", "livekit")
def _(r):
    from livekit.api import TokenVerifier, WebhookReceiver

    event = WebhookReceiver(TokenVerifier(r.settings["api_key"], r.secret)).receive(r.text, r.header("authorization"))
    assert event.event and event.id and event.created_at


@signer("livekit-api")
def _(r):
    import hashlib

    from livekit.api import AccessToken

    digest = base64.b64encode(hashlib.sha256(r.body).digest()).decode()
    return {"authorization": AccessToken(r.settings["api_key"], r.secret).with_sha256(digest).to_jwt()}


@judge("messagebird", "bird")
def _(r):
    from messagebird.request_validator import RequestValidator

    RequestValidator(r.secret).validate_signature(r.header("messagebird-signature-jwt"), r.url, r.body)


@judge("coinbase-commerce", "coinbase-commerce")
def _(r):
    from coinbase_commerce.webhook import Webhook

    event = Webhook.construct_event(r.text, r.header("x-cc-webhook-signature"), r.secret)
    assert event.id and event.type and event.data


@signer("coinbase-commerce")
def _(r):
    from coinbase_commerce.webhook import WebhookSignature

    return {"x-cc-webhook-signature": WebhookSignature._compute_signature(r.text, r.secret)}


@judge("elevenlabs", "elevenlabs")
def _(r):
    from elevenlabs.client import ElevenLabs

    ElevenLabs(api_key="x").webhooks.construct_event(r.text, r.header("elevenlabs-signature"), r.secret)


@judge("boxsdk", "box")
def _(r):
    from box_sdk_gen.managers.webhooks import WebhooksManager

    return WebhooksManager.validate_message(r.text, r.headers, r.secret)


@judge("modern-treasury", "modern-treasury")
def _(r):
    from modern_treasury import ModernTreasury

    client = ModernTreasury(organization_id="x", api_key="x")
    return client.webhooks.validate_signature(r.text, r.headers, key=r.secret)


@signer("modern-treasury")
def _(r):
    from modern_treasury import ModernTreasury

    client = ModernTreasury(organization_id="x", api_key="x")
    return {"x-topic": "ping", "x-signature": client.webhooks.get_signature(r.text, key=r.secret)}


@judge("retell-sdk", "retell")
def _(r):
    from retell.lib.webhook_auth import verify

    return verify(r.text, r.secret, r.header("x-retell-signature"))


@signer("retell-sdk")
def _(r):
    from retell.lib.webhook_auth import symmetric

    return {"x-retell-signature": symmetric["sign"](r.text, r.secret)}


def answer(question):
    request = Request(question)
    try:
        if question["ask"] == "sign":
            made = SIGNERS[question["library"]](request)
            if isinstance(made, tuple):
                return {"headers": made[0], "body": base64.b64encode(made[1]).decode()}
            return {"headers": made}
        held = JUDGES[question["library"]][1](request)
        return {"refused": "it says false"} if held is False else {"accepted": True}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}


def say(value):
    ANSWERS.write(json.dumps(value) + "\n")
    ANSWERS.flush()


say(
    {
        "libraries": [
            {"name": name, "provider": provider, "signs": name in SIGNERS} for name, (provider, _) in JUDGES.items()
        ]
    }
)
for line in sys.stdin:
    say(answer(json.loads(line)))
