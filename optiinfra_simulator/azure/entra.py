"""Entra ID: the discovery document and the token endpoint of a tenant.

Errors after learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from optiinfra_simulator.azure.answers import Answer
from optiinfra_simulator.azure.identities import (
    FEDERATION_AUDIENCE,
    ISSUER,
    Application,
    Identities,
)
from optiinfra_simulator.azure.rigging import guid
from optiinfra_simulator.azure.tokens import LIFETIME, claims_of

AUDIENCES = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://metrics.monitor.azure.com",
    "https://storage.azure.com",
)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class SignInError(Exception):
    """A refusal to issue a token."""

    def __init__(self, number: int, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.number = number
        self.error = error
        self.status = status


@dataclass(frozen=True)
class Entra:
    """Answers for the tenants of ``identities``; ``origin`` is where it is served."""

    identities: Identities
    origin: str

    def discovery(self, tenant: str) -> Answer:
        """The OpenID configuration of a tenant."""
        try:
            self._known(tenant)
        except SignInError as error:
            return self._refused(error)
        base = f"{self.origin}/{tenant}"
        return Answer(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "tenant_region_scope": "NA",
                "cloud_instance_name": "microsoftonline.com",
            },
            {},
        )

    def token(self, tenant: str, body: bytes) -> Answer:
        """An access token for an application that shows who it is."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        try:
            self._known(tenant)
            application = self._application(tenant, form)
            audience = self._audience(form)
        except SignInError as error:
            return self._refused(error)
        who = application.principal
        token = self.identities.mint.issue(
            {
                "aud": audience,
                "iss": f"https://sts.windows.net/{tenant}/",
                "appid": who.app,
                "appidacr": "1" if "client_secret" in form else "2",
                "idtyp": "app",
                "oid": who.oid,
                "sub": who.oid,
                "tid": tenant,
            }
        )
        return Answer(
            {
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "ext_expires_in": LIFETIME,
                "access_token": token,
            },
            {"Cache-Control": "no-store, no-cache"},
        )

    def _known(self, tenant: str) -> None:
        if tenant not in self.identities.tenants:
            raise SignInError(
                90002,
                "invalid_tenant",
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID "
                "and are signing into the correct cloud.",
            )

    def _application(self, tenant: str, form: Mapping[str, str]) -> Application:
        if form.get("grant_type") != "client_credentials":
            message = "The app requested an unsupported grant type."
            raise SignInError(70003, "unsupported_grant_type", message)
        name = form.get("client_id", "")
        found = self.identities.applications.get(name)
        if found is None or found.principal.tenant != tenant:
            raise SignInError(
                700016,
                "unauthorized_client",
                f"Application with identifier '{name}' was not found in the directory '{tenant}'.",
            )
        if form.get("client_assertion_type") == _ASSERTION:
            self._check_assertion(found, form.get("client_assertion", ""))
        else:
            _check_secret(found, form.get("client_secret"))
        return found

    def _check_assertion(self, found: Application, assertion: str) -> None:
        try:
            claims = claims_of(assertion)
        except ValueError:
            message = "Client assertion is not a valid JWT."
            raise SignInError(50027, "invalid_request", message) from None
        if claims.get("iss") == found.principal.app:
            self._check_certificate(found, assertion)
        else:
            self._check_federation(found, claims, assertion)

    def _check_certificate(self, found: Application, assertion: str) -> None:
        import jwt  # noqa: PLC0415 - only who signs in with a certificate needs it
        from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

        refused = SignInError(
            700027,
            "invalid_client",
            "The certificate with identifier used to sign the client assertion is not registered "
            "on application.",
            401,
        )
        if found.certificate is None:
            raise refused
        key: Any = load_pem_x509_certificate(found.certificate).public_key()
        audience = f"{self.origin}/{found.principal.tenant}/oauth2/v2.0/token"
        try:
            jwt.decode(assertion, key, algorithms=["RS256", "PS256"], audience=audience)
        except jwt.PyJWTError:
            raise refused from None

    def _check_federation(
        self, found: Application, claims: Mapping[str, Any], assertion: str
    ) -> None:
        expected = {"iss": ISSUER, "sub": found.subject, "aud": FEDERATION_AUDIENCE}
        if any(claims.get(name) != value for name, value in expected.items()):
            raise SignInError(
                70021,
                "invalid_client",
                "No matching federated identity record found for presented assertion.",
                401,
            )
        signed = self.identities.mint.sign(claims) == assertion
        if not signed or int(claims["exp"]) <= self.identities.wall.now().timestamp():
            raise SignInError(
                700024,
                "invalid_client",
                "Client assertion is not within its valid time range.",
                401,
            )

    def _audience(self, form: Mapping[str, str]) -> str:
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default").rstrip("/")
        if audience not in (*AUDIENCES, self.origin):
            raise SignInError(
                500011,
                "invalid_resource",
                f"The resource principal named {audience} was not found in the tenant.",
            )
        return audience

    def _refused(self, error: SignInError) -> Answer:
        now = self.identities.wall.now()
        trace, correlation = guid("trace", error.number), guid("correlation", error.number)
        document = {
            "error": error.error,
            "error_description": f"AADSTS{error.number}: {error} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [error.number],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={error.number}",
        }
        return Answer(document, {}, error.status)


def _check_secret(found: Application, secret: str | None) -> None:
    if secret is None:
        raise SignInError(
            7000216,
            "invalid_client",
            "'client_assertion', 'client_secret' or 'request' is required.",
            401,
        )
    if secret != found.secret:
        raise SignInError(
            7000215,
            "invalid_client",
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{found.principal.app}'.",
            401,
        )
    if found.secret_expired:
        raise SignInError(
            7000222,
            "invalid_client",
            f"The provided client secret keys for app '{found.principal.app}' are expired.",
            401,
        )
