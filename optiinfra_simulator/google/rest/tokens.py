"""Where access tokens come from: signed assertions (RFC 7523), token exchange (RFC 8693), IAM."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from optiinfra_simulator.google.rest.errors import OAuthError, denied, missing
from optiinfra_simulator.google.rest.identities import Identities, Principal, audience
from optiinfra_simulator.google.rest.keys import Token
from optiinfra_simulator.google.rest.requests import Call, Operation, Request
from optiinfra_simulator.google.world.projects import PROJECTS, Project

_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS = "urn:ietf:params:oauth:token-type:access_token"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_PUBLIC = "https://oauth2.googleapis.com/token"


def of_assertion(identities: Identities, request: Request, url: str) -> Mapping[str, Any]:
    """An access token for a service account that signs who it is.

    Raises:
        OAuthError: the assertion is not what it should be.
    """
    form = request.form()
    if form.get("grant_type") != _ASSERTION:
        raise OAuthError(
            "unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", "")
        )
    token = Token.read(form.get("assertion", ""))
    if token is None:
        raise OAuthError("invalid_grant", "Invalid JWT: it must be signed with RS256.")
    if token.claims.get("iss") not in identities.accounts:
        raise OAuthError("invalid_grant", "Invalid grant: account not found")
    if token.claims.get("aud") not in (f"{url}/token", _PUBLIC):
        raise OAuthError("invalid_grant", "Invalid JWT: the audience is not the token endpoint.")
    if not token.holds(identities.wall.now().timestamp()):
        raise OAuthError(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
            "timeframe. Check your iat and exp values in the JWT claim.",
        )
    principal = identities.of_assertion(token)
    if principal is None:
        raise OAuthError("invalid_grant", "Invalid JWT Signature.")
    if not token.claims.get("scope"):
        raise OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return _granted(identities, principal)


def exchanged(identities: Identities, request: Request) -> Mapping[str, Any]:
    """A federated access token for the token of a workload's own platform.

    Raises:
        OAuthError: no pool trusts the token, or the request cannot be meant.
    """
    form = request.form()
    if form.get("grant_type") != _EXCHANGE:
        raise OAuthError("unsupported_grant_type", "Unsupported grant type.")
    if form.get("requested_token_type", _ACCESS) != _ACCESS:
        raise OAuthError("invalid_request", "Invalid requested_token_type.")
    if form.get("subject_token_type") != _JWT:
        raise OAuthError("invalid_request", "Invalid value for subject_token_type.")
    project = _pool(form.get("audience", ""))
    token = Token.read(form.get("subject_token", ""))
    if token is None or not identities.provider.verifies(token):
        raise OAuthError("invalid_grant", "Unable to verify the ID Token signature.")
    if token.claims.get("aud") != audience(project):
        raise OAuthError("invalid_grant", "The audience in ID Token does not match the pool.")
    if not token.holds(identities.wall.now().timestamp()):
        raise OAuthError("invalid_grant", "ID Token issued at is stale to sign-in.")
    granted = _granted(identities, identities.federated(project))
    return {**granted, "issued_token_type": _ACCESS}


def _pool(wanted: str) -> Project:
    for one in PROJECTS:
        if wanted == audience(one):
            return one
    raise OAuthError("invalid_target", "The target service indicated by the audience is invalid.")


def _granted(identities: Identities, principal: Principal) -> Mapping[str, Any]:
    # Clients renew a few minutes before the end, so that a short life means many renewals.
    return {
        "access_token": identities.issue(principal),
        "expires_in": int(identities.lifetime.total_seconds()),
        "token_type": "Bearer",
    }


def generate_access_token(call: Call) -> Mapping[str, Any]:
    """A token of a service account for someone who may act as it (IAM Credentials v1)."""
    identities = call.state.identities
    email = call.parts["email"]
    target = identities.accounts.get(email)
    if target is None:
        raise missing(f"Not found; Gaia id not found for email {email}")
    permission = "iam.serviceAccounts.getAccessToken"
    if not call.principal.may(permission, target.project.id):
        raise denied(permission, f"projects/-/serviceAccounts/{email}")
    expires = identities.wall.now() + min(identities.lifetime, timedelta(hours=1))
    return {
        "accessToken": identities.issue(target),
        "expireTime": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "/v1/projects/-/serviceAccounts/{email}:generateAccessToken"): Operation(
        "iamcredentials", "projects.serviceAccounts.generateAccessToken", "",
        generate_access_token,
    ),
}  # fmt: skip
