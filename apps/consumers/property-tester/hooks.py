"""Hooks of Schemathesis, for what a reader of the document knows but a schema cannot express.

The environment has the server (PAGGIO_URL), a key of it with every scope (PAGGIO_KEY), and the ids of its objects as JSON
(PAGGIO_OBJECTS).
"""

import hashlib
import hmac
import json
import os
import re
import time
from uuid import uuid4
from zlib import crc32

import requests
import schemathesis
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

SERVER = os.environ["PAGGIO_URL"]
KEY = os.environ["PAGGIO_KEY"]
OBJECTS = json.loads(os.environ["PAGGIO_OBJECTS"])
DESTINATION = OBJECTS["destination_url"]

# The server would look up generated hosts and connect to them, so every URL is one of the run's own receiver.
URLS = [DESTINATION, f"{DESTINATION}?shop=7", f"{DESTINATION}/%F0%9F%9B%92#top"]
schemathesis.openapi.format("uri", st.sampled_from(URLS))

# Requests that the schemas allow and the server refuses: the message of the refusal, and the words of the document that
# announce it. A refusal that is not here, or whose words the document lacks, fails the run.
SAID_IN_WORDS = [
    (r"Page by offset or by starting_after, not by both", "Cannot be combined with starting_after."),
    (r"event is an alias of event_type: give only one of them", "Only one of them can be given."),
    (r"from must be before to, by at most 3660 days", "before to, by at most 3660 days"),
    (r"expires_at is in the past", "In the future"),
    (r"There is no webhook for \w+ yet", "A channel that has a webhook."),
    (r"\w+\.url is the incoming webhook, and is required", "required if none is stored"),
    (r"The endpoint has no verification", "and an endpoint with verification"),
    (r"Verification of .* needs a secret", "Nearly all providers need at least one."),
    (r"The endpoint has no destination for this event", "must have a destination that accepts the event"),
    (r"The endpoint has no destination URL to take the \w+ URL from", "need a destination with a URL"),
    (r"filter needs at least one condition", "at least one"),
    (r"There is no such destination, or it belongs to another endpoint", "to this destination"),
    (r"There is no such destination of this endpoint", "Id of an existing destination"),
    (r'There is no provider ".*" in the catalogue', "A provider name from the catalogue"),
    (r"\S+ has these schemes", "One of the provider's schemes"),
    (r"An answer with the status 20[45] has no body", "Empty for the statuses 204 and 205"),
    (r"(certificate|certificate_authorities|private_key) must be .* in PEM", "in PEM"),
    (r"tls needs a destination with an https URL", "The URL must be https."),
    (r"(certificate|private_key) is required with \w+", "Needs private_key."),
    (r"\S+ is given twice", "Each name once, whatever its case"),
    (r"\S+ belongs to HTTP or to Paggio", "no name that belongs to HTTP or to Paggio"),
    (r"It differs from the header Idempotency-Key", "must be the same"),
    (r"Names and values may have at most 16384 characters together", "at most 16384 characters together"),
]


def call(method, path, **options):
    headers = {"Authorization": f"Bearer {KEY}", "Origin": SERVER}
    answer = requests.request(method, SERVER + path, headers=headers, timeout=30, **options)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def new_endpoint():
    return {"id": call("POST", "/api/v1/endpoints", json={"name": "short-lived", "destination_url": DESTINATION})["id"]}


def new_destination():
    endpoint = new_endpoint()["id"]
    made = call("POST", f"/api/v1/endpoints/{endpoint}/destinations", json={"url": DESTINATION})
    return {"id": endpoint, "destination_id": made["id"]}


def new_session():
    call("POST", "/dashboard/session", json={"key": KEY})
    return {"id": call("GET", "/api/v1/sessions")["data"][0]["id"]}


# Operations that delete or change an object get a new one each time, so that the objects of other operations stay. In
# particular, the key that the run uses is never revoked.
FRESH = {
    "endpoints.update": new_endpoint,
    "endpoints.rotate_secret": new_endpoint,
    "endpoints.delete": new_endpoint,
    "destinations.create": new_endpoint,
    "destinations.update": new_destination,
    "destinations.delete": new_destination,
    "keys.delete": lambda: {"id": call("POST", "/api/v1/keys", json={"name": "short-lived"})["id"]},
    "sessions.delete": new_session,
}


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def is_positive(case, location):
    component = case.meta.components.get(location) if case.meta else None
    return component is None or component.mode.is_positive


def existing(case):
    """Ids of existing objects, to replace generated ids."""
    if operation_id(case) in FRESH:
        return FRESH[operation_id(case)]()
    drawn = case.path_parameters
    if "destination_id" in drawn:
        return OBJECTS["destination"]
    kind = re.search(r"/([a-z]+)/\{", case.path).group(1)
    ids = OBJECTS[kind]
    return {name: ids[crc32(str(value).encode("utf-8", "replace")) % len(ids)] for name, value in drawn.items()}


class Signed(AuthBase):
    """Signs the bytes that leave, as X-PJ-Signature demands, because all generated signatures would be wrong."""

    def __call__(self, request):
        at = str(int(time.time()))
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        request.headers["X-PJ-Timestamp"] = at
        key = OBJECTS["secret"].encode()
        request.headers["X-PJ-Signature"] = hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return request


def broken_headers(case):
    """Names of headers that do not fit their pattern. One phase of Schemathesis fills headers with letters and digits
    whatever their pattern is, and regards the request as valid."""
    for parameter in case.operation.headers:
        pattern = parameter.definition.get("schema", {}).get("pattern")
        value = (case.headers or {}).get(parameter.name)
        if pattern is not None and isinstance(value, str) and re.search(pattern, value) is None:
            yield parameter.name


def made_acceptable(value, salt):
    """A generated body with certificates in PEM, with the receiver instead of the shop of the examples, and
    in half of the bodies with a provider that exists."""
    if isinstance(value, list):
        return [made_acceptable(item, salt) for item in value]
    if isinstance(value, str) and value.startswith("https://shop.example.com"):
        return DESTINATION
    if not isinstance(value, dict):
        return value
    made = {name: made_acceptable(inner, salt) for name, inner in value.items()}
    if isinstance(made.get("tls"), dict):
        made["tls"] = {"certificate_authorities": OBJECTS["certificate"]}
        made["url"] = DESTINATION.replace("http:", "https:")
    if isinstance(made.get("verification"), dict) and salt % 2 == 0:
        made["verification"] = {"provider": "github", "secrets": ["octocat"]}
    return made


@schemathesis.hook
def before_call(context, case, kwargs):
    drawn = case.path_parameters or {}
    is_linked = case.meta is not None and case.meta.phase.name.value == "stateful"
    salt = crc32(repr((drawn, case.query, case.headers, case.body)).encode("utf-8", "replace"))
    # One id in four stays as it was generated, because requests for missing objects have documented answers too.
    if drawn and not is_linked and is_positive(case, ParameterLocation.PATH):
        if salt % 4 != 0:
            for name, value in existing(case).items():
                case.path_parameters[name] = value
    if case.headers and is_positive(case, ParameterLocation.HEADER):
        for name in broken_headers(case):
            case.headers[name] = "*"
        # Nearly all generated keys are equal, which would be a conflict.
        if "Idempotency-Key" in case.headers and salt % 4 != 0:
            case.headers["Idempotency-Key"] = uuid4().hex
    if isinstance(case.body, dict) and is_positive(case, ParameterLocation.BODY):
        case.body = made_acceptable(case.body, salt)
    if operation_id(case) == "ingest.signed" and is_positive(case, ParameterLocation.HEADER):
        kwargs["auth"] = Signed()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure counts."""
    if response is not None and response.status_code == 429 and "without a valid API key" in response.text:
        # All requests without a valid key come from one address, and 429 is the documented answer to many of them.
        return False
    if not isinstance(failure, RejectedPositiveData):
        return True
    if response.status_code == 412:
        # Generated tags do not belong to any object, and 412 is the documented answer to that.
        return not {"If-Match", "If-None-Match"} & set(case.headers or {})
    if any(broken_headers(case)):
        return False
    messages = [detail["message"] for detail in response.json()["details"]]
    document = json.dumps(case.operation.definition.raw, ensure_ascii=False)
    return not messages or not all(
        any(re.match(refusal, message) and words in document for refusal, words in SAID_IN_WORDS) for message in messages
    )
