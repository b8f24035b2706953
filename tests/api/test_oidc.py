"""Tokens of an OpenID Connect issuer: what they open, and everything that they must not."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from optiinfra_api.app import create_app
from optiinfra_api.auth.oidc import TokenVerifier
from optiinfra_core.errors import ConfigurationError, CredentialRejected
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.windows import FixedClock
from tests.api.house import NOW, House
from tests.api.issuer import AUDIENCE, Issuer, encoded, issuing

PERIOD = "total?start=2026-11-01T00:00:00Z&end=2026-11-23T00:00:00Z"
TOTAL = f"/api/v2/costs/acme/aws/{PERIOD}"
FOREIGN = f"/api/v2/costs/globex/aws/{PERIOD}"
A_DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
FRESH = timedelta(minutes=10)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer with a key of each kind."""
    with issuing() as running:
        running.add("first")
        running.add("curve", "ES256")
        yield running


class Api:
    """An API that takes the issuer's tokens."""

    def __init__(self, house: House, issuer: Issuer) -> None:
        told = {"oidc_issuer": issuer.name, "oidc_audience": AUDIENCE}
        self.clock = FixedClock(NOW)
        app = create_app(house.settings.model_copy(update=told), house.servers, self.clock)
        self.client = TestClient(app)

    def get(self, token: str, path: str = TOTAL) -> Any:
        """A GET with a token."""
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def served(furnished: House, issuer: Issuer) -> Iterator[Api]:
    """One API for all tests."""
    made = Api(furnished, issuer)
    with made.client:
        yield made


@pytest.fixture
def api(served: Api, issuer: Issuer) -> Api:
    """The API so much later that it fetches the keys again before it believes any."""
    served.clock.advance(A_DAY)
    issuer.now = served.clock.now()
    issuer.away = False
    issuer.claims_to_be = ""
    issuer.served.clear()
    return served


def test_a_token_opens_what_its_claims_say(api: Api, issuer: Issuer, house: House) -> None:
    """Its customers and its scopes; keys go on working beside it."""
    assert api.get(issuer.token()).json()["data"][0]["cost"] == "165"
    assert api.get(issuer.token("curve", "ES256")).status_code == 200
    assert api.get(issuer.token(aud=["other", AUDIENCE])).status_code == 200
    assert api.get(house.tokens["acme"]).status_code == 200
    assert api.get(issuer.token(), FOREIGN).status_code == 404
    lacking = api.get(issuer.token(), "/api/v2/performance/acme/aws/summary")
    assert lacking.status_code == 403
    assert issuer.served == ["/.well-known/openid-configuration", "/keys"]


def test_claims_are_mapped_by_settings(issuer: Issuer) -> None:
    """Groups of a company's directory, also nested ones; what is not mapped gives nothing."""
    settings = Settings(
        oidc_issuer=issuer.name,
        oidc_audience=AUDIENCE,
        oidc_scopes_claim="realm_access.roles",
        oidc_scopes={"finops": ("costs:read", "resources:read"), "root": ("admin",)},
        oidc_customers_claim="https://optiinfra.example/customers",
        oidc_customers={"Acme Inc.": ("acme",), "staff": ("*",)},
    )
    verifier = TokenVerifier.of(settings, FixedClock(issuer.now))
    assert verifier is not None

    def granted(roles: list[str], customers: object) -> ApiKey:
        claims = {"https://optiinfra.example/customers": customers}
        token = issuer.token(realm_access={"roles": roles}, **claims)
        return asyncio.run(verifier.verify(token))

    some = granted(["finops", "performance:read"], ["Acme Inc.", "globex"])
    assert (some.scopes, some.customers) == (("costs:read", "resources:read"), ("acme",))
    everything = granted(["root"], "staff")
    assert (everything.scopes, everything.customers) == (("admin",), ("*",))
    with pytest.raises(CredentialRejected, match="no scope"):
        granted(["admin"], "staff")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://somebody.else"},
        {"aud": None},
        {"iss": "https://issuer.example"},
        {"iss": None},
        {"sub": None},
        {"sub": "ann\nadmin"},
        {"sub": ""},
        {"exp": None},
        {"exp": "never"},
        {"exp": 1e300},
        {"exp": -61 * SECOND},
        {"nbf": 61 * SECOND},
        {"iat": 61 * SECOND},
        {"scope": "openid profile"},
        {"scope": None},
        {"scope": {"costs:read": True}},
        {"optiinfra_customers": []},
        {"optiinfra_customers": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_is_refused(
    api: Api, issuer: Issuer, changes: dict[str, Any]
) -> None:
    """401 with a remedy, and a challenge that says what is wrong with the token."""
    refused = api.get(issuer.token(**changes))
    assert refused.status_code == 401, refused.text
    assert "token" in refused.json()["remedy"]
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


def test_clocks_may_differ_by_a_minute(api: Api, issuer: Issuer) -> None:
    """A minute past its end and a minute before its beginning a token is still good."""
    assert api.get(issuer.token(exp=-59 * SECOND)).status_code == 200
    assert api.get(issuer.token(nbf=60 * SECOND, iat=60 * SECOND)).status_code == 200


def test_a_token_ends_while_it_is_remembered(api: Api, issuer: Issuer) -> None:
    """The memory of thirty seconds does not lengthen its life."""
    token = issuer.token(exp=5 * SECOND)
    assert api.get(token).status_code == 200
    api.clock.advance(timedelta(seconds=66))
    assert api.get(token).status_code == 401


def test_forged_tokens_are_refused(api: Api, issuer: Issuer) -> None:
    """No signature, a secret that is the public key, a stranger's key, a changed claim."""
    stranger = rsa.generate_private_key(65537, 2048)
    claims = issuer.claims(optiinfra_customers=["globex"])
    good = issuer.token()
    head, _, signature = good.split(".")
    swapped = issuer.bare({"alg": "RS256", "kid": "first"}, optiinfra_customers=["*"])
    embedded = jwt.get_algorithm_by_name("RS256").to_jwk(stranger.public_key(), as_dict=True)
    forged = [
        issuer.bare({"alg": "none"}) + ".",
        issuer.bare({"alg": "None", "kid": "first"}) + ".",
        issuer.bare({"alg": "none"}) + "." + signature,
        issuer.confused(),
        jwt.encode(claims, stranger, "RS256", headers={"kid": "first"}),
        jwt.encode(claims, stranger, "RS256", headers={"kid": "unknown"}),
        jwt.encode(claims, stranger, "RS256"),
        jwt.encode(claims, stranger, "RS256", headers={"jwk": embedded, "kid": "x"}),
        jwt.encode(claims, stranger, "RS256", headers={"jku": "https://evil.example/keys"}),
        jwt.encode(claims, issuer.keys["first"], "PS256", headers={"kid": "first"}),
        f"{swapped}.{signature}",
        f"{head}.{encoded(b'{}')}.{signature}",
        issuer.bare({"alg": "ES256", "kid": "curve"}) + "." + encoded(bytes(64)),
        issuer.bare({"alg": "ES256", "kid": "first"}) + "." + signature,
        issuer.bare({"alg": "RS256", "kid": "first", "crit": ["exp"]}) + "." + signature,
        issuer.bare({"alg": ["RS256"], "kid": "first"}) + "." + signature,
        issuer.bare({"alg": "RS256", "kid": ["first"]}) + "." + signature,
        "a.b.c",
        "nonsense",
        good + "x" * 20_000,
    ]
    assert api.get(good).status_code == 200
    for token in forged:
        refused = api.get(token)
        assert refused.status_code == 401, token[:200]
        assert token not in refused.text


def test_a_key_too_short_to_trust_is_refused(api: Api, issuer: Issuer) -> None:
    """Whatever the issuer publishes: 1,024 bits can be factored."""
    issuer.add("short", bits=1024)
    with pytest.warns(Warning, match="RSA"):
        token = issuer.token("short")
    assert api.get(token).status_code == 401
    issuer.withdraw("short")


def test_keys_rotate_without_a_restart(api: Api, issuer: Issuer) -> None:
    """A new key is fetched when it is first named, a withdrawn one ends within ten minutes."""
    issuer.add("old")
    old = issuer.token("old", exp=A_DAY)
    assert api.get(old).status_code == 200
    issuer.add("new")
    api.clock.advance(timedelta(seconds=31))
    assert api.get(issuer.token("new")).status_code == 200
    issuer.withdraw("old")
    api.clock.advance(FRESH)
    assert api.get(old).status_code == 401
    issuer.withdraw("new")


def test_made_up_key_ids_do_not_storm_the_issuer(api: Api, issuer: Issuer) -> None:
    """Fifty unknown ids are one more look at the keys, not fifty."""
    assert api.get(issuer.token()).status_code == 200
    stranger = rsa.generate_private_key(65537, 2048)
    for number in range(50):
        made_up = {"kid": f"made-up-{number}"}
        forged = jwt.encode(issuer.claims(), stranger, "RS256", headers=made_up)
        assert api.get(forged).status_code == 401
    assert issuer.served.count("/keys") <= 2


def test_an_issuer_that_is_away_keeps_out_only_whom_nobody_knows(
    api: Api, issuer: Issuer, house: House
) -> None:
    """Known keys go on for hours; without any it is 503, and API keys work all the time."""
    issuer.away = True
    token = issuer.token()
    away = api.get(token)
    assert away.status_code == 503
    assert int(away.headers["Retry-After"]) > 0
    assert api.get(house.tokens["acme"]).status_code == 200
    issuer.away = False
    api.clock.advance(timedelta(seconds=16))
    assert api.get(token).status_code == 200
    issuer.away = True
    api.clock.advance(FRESH)
    assert api.get(token).status_code == 200
    api.clock.advance(timedelta(hours=6))
    assert api.get(issuer.token(exp=A_DAY)).status_code == 503


def test_another_issuers_document_is_not_believed(api: Api, issuer: Issuer) -> None:
    """Discovery must name the issuer that was asked (OpenID Connect Discovery 1.0, 4.3)."""
    issuer.claims_to_be = "https://evil.example"
    assert api.get(issuer.token()).status_code == 503


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "https://issuer.example"},
        {"oidc_issuer": "http://issuer.example", "oidc_audience": AUDIENCE},
        {
            "oidc_issuer": "https://issuer.example",
            "oidc_audience": AUDIENCE,
            "oidc_jwks_url": "http://issuer.example/keys",
        },
    ],
    ids=["no audience", "issuer in clear", "keys in clear"],
)
def test_settings_that_would_let_others_in_are_refused(settings: dict[str, str]) -> None:
    """Before the API starts."""
    with pytest.raises(ConfigurationError):
        TokenVerifier.of(Settings(**settings), FixedClock(NOW))  # type: ignore[arg-type]


def test_without_an_issuer_a_token_is_no_key(house: House, issuer: Issuer) -> None:
    """The remedy names keys then."""
    refused = house.client.get(TOTAL, headers={"Authorization": f"Bearer {issuer.token()}"})
    assert refused.status_code == 401
    assert "optiinfra keys create" in refused.json()["remedy"]
