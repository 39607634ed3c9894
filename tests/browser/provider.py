"""`python -m tests.browser.provider PORT`: an OpenID Connect provider that lets everyone in, for the tests.

It keeps to what a browser and a server must see: discovery, a page with a form, a code, a signed token with the nonce.
"""

import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "one"})
CLIENT, NAME = "twincast", "Ann Example"
nonces: dict[str, str] = {}  # by code


class Provider(BaseHTTPRequestHandler):
    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path:
            case "/.well-known/openid-configuration":
                self.answer_json(self.discovery())
            case "/keys":
                self.answer_json({"keys": [KEY.as_dict(private=False)]})
            case "/authorize":
                fields = "".join(f'<input type=hidden name="{name}" value="{asked[name]}">' for name in asked)
                self.answer(
                    f'<link rel=icon href="data:,"><form action="/enter">{fields}<button>I am {NAME}</button></form>',
                    "text/html",
                )
            case "/enter":
                code = secrets.token_hex(8)
                nonces[code] = asked["nonce"]
                self.redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
            case "/leave":
                self.redirect(asked["post_logout_redirect_uri"])
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "name": NAME, "iat": now, "exp": now + 600}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | {"nonce": nonces.pop(sent["code"][0])}, KEY)
        self.answer_json({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "end_session_endpoint": f"{self.issuer}/leave",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("location", address)
        self.end_headers()

    def answer_json(self, content: object) -> None:
        self.answer(json.dumps(content), "application/json")

    def answer(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider) as server:
        print(server.server_port, flush=True)  # noqa: T201
        server.serve_forever()
