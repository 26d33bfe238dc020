"""Certificates as an operator would make them: self-signed, of an RSA key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """`days` from today it ends."""

    days: int = 90

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    @cached_property
    def certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calendar-sync")])
        ends = datetime.now(UTC) + timedelta(days=self.days)
        return (
            x509.CertificateBuilder(name, name, self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - timedelta(days=365))
            .not_valid_after(ends)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def public(self) -> str:
        """What is uploaded to the registration."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def pem(self) -> str:
        return self.private() + self.public

    def private(self, sealed_by: KeySerializationEncryption | None = None) -> str:
        sealed_by = sealed_by or NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed_by).decode()

    def pfx(self, sealed_by: KeySerializationEncryption | None = None) -> bytes:
        return pkcs12.serialize_key_and_certificates(
            b"calendar-sync", self.key, self.certificate, None, sealed_by or NoEncryption()
        )
