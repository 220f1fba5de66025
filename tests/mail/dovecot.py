"""A real Dovecot of the test's own: IMAP over TLS on a free port of this machine, one mailbox in a Maildir."""

from __future__ import annotations

import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from certificates import certify

USER, PASSWORD = "bounces@observers.example", 'a "long" word'

CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/maildir
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """`with Dovecot() as server:` serves `server.maildir` at 127.0.0.1:`server.port` until the block ends;
    `server.certificate` is what a client must trust to verify it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ieom-dovecot-"))
        self.folder.chmod(0o755)
        self.maildir = self.folder / "maildir"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.certificate = self.folder / "certificate.pem"
        self.process: subprocess.Popen[bytes] | None = None
        self.count = 0

    def __enter__(self) -> Dovecot:
        owner = pwd.getpwnam("dovecot")
        certify(self.folder)
        for name in ("", "cur", "new", "tmp"):
            (self.maildir / name).mkdir()
            shutil.chown(self.maildir / name, owner.pw_uid, owner.pw_gid)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        told = {"folder": self.folder, "port": self.port, "uid": owner.pw_uid, "gid": owner.pw_gid}
        (self.folder / "dovecot.conf").write_text(CONF.format(**told))
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.folder / "dovecot.conf"])
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"Dovecot does not listen:\n{self.log()}")

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def put(self, content: bytes) -> None:
        """A message arrives."""
        self.count += 1
        path = self.maildir / "new" / f"{1597240800 + self.count}.M{self.count}.mx"
        path.write_bytes(content)
        owner = pwd.getpwnam("dovecot")
        shutil.chown(path, owner.pw_uid, owner.pw_gid)

    def emptied(self) -> None:
        """Nothing lies in the mailbox."""
        for path in [*self.maildir.glob("new/*"), *self.maildir.glob("cur/*"), *self.maildir.glob(".*/cur/*")]:
            path.unlink()
