"""Keys and certificates for tests, made with openssl."""

import ssl
import subprocess


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


class Authority:
    """A certificate authority in 'directory'; its certificate is in 'cert'."""

    def __init__(self, directory, name):
        self.dir = directory
        self.name = name
        self.cert = directory / f"{name}-ca.pem"
        self._make_key(f"{name}-ca")
        openssl("req", "-x509", "-new", "-key", f"{name}-ca.key", "-out", self.cert.name,
                "-days", "30", "-subj", f"/O=tests/CN={name} CA", cwd=directory)

    def _make_key(self, name):
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", f"{name}.key",
                cwd=self.dir)

    def issue(self, name):
        """A key and a certificate for it: (key file, certificate file)."""
        self._make_key(name)
        openssl("req", "-new", "-key", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/O=tests/CN={name}", cwd=self.dir)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", self.cert.name,
                "-CAkey", f"{self.name}-ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                "-days", "30", cwd=self.dir)
        return self.dir / f"{name}.key", self.dir / f"{name}.pem"


def options(identity, ca):
    """The command-line options for a key, its certificate, and the peers' CA."""
    key, cert = identity
    return [f"--private-key={key}", f"--certificate={cert}", f"--ca-cert={ca}"]


def wrap(sock, identity, ca, server_side=False):
    """Python's end of a TLS connection over 'sock'."""
    protocol = ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    key, cert = identity
    context.load_cert_chain(cert, key)
    context.load_verify_locations(ca)
    sock.settimeout(10)
    return context.wrap_socket(sock, server_side=server_side)
