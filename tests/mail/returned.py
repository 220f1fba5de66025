"""Messages as mail servers and readers send them back, in the styles of those that there are; all at example domains."""

from __future__ import annotations

OURS = "<0a1b2c@observers.example>"
READER = "desk@outlet.example"


def report(
    status: str,
    *,
    returned: str = f"Message-ID: {OURS}\nFrom: press@observers.example\nTo: {READER}\nSubject: Statement\n",
    kind: str = "text/rfc822-headers",
    status_kind: str = "message/delivery-status",
    report_type: str = "delivery-status",
    head: str = "From: MAILER-DAEMON@mx.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender",
) -> bytes:
    """A multipart/report (RFC 6522) with these fields."""
    text = f"""\
{head}
To: press@observers.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report_type};
\tboundary="F3E8D210294.1597240800/mx.example"

This is a MIME-encapsulated message.

--F3E8D210294.1597240800/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. 550 5.1.1 user unknown

--F3E8D210294.1597240800/mx.example
Content-Description: Delivery report
Content-Type: {status_kind}

{status.strip()}

--F3E8D210294.1597240800/mx.example
Content-Description: Undelivered Message Headers
Content-Type: {kind}

{returned}
--F3E8D210294.1597240800/mx.example--
"""
    return text.encode()


POSTFIX = """
Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: F3E8D210294
X-Postfix-Sender: rfc822; press@observers.example
Arrival-Date: Wed, 12 Aug 2020 20:00:00 +0600 (+06)

Final-Recipient: rfc822; desk@outlet.example
Original-Recipient: rfc822;desk@outlet.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.outlet.example
Diagnostic-Code: smtp; 550 5.1.1 <desk@outlet.example>: Recipient address
    rejected: User unknown in virtual mailbox table
"""
POSTFIX_DELAY = """
Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; desk@outlet.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx.outlet.example[192.0.2.1]:25:
    Connection timed out
Will-Retry-Until: Mon, 17 Aug 2020 20:00:00 +0600 (+06)
"""
EXIM = """
Reporting-MTA: dns; mx.example

Action: failed
Final-Recipient: rfc822;desk@outlet.example
Status: 5.0.0
Remote-MTA: dns; mx.outlet.example
Diagnostic-Code: smtp; 550 5.1.1 No such user here
"""
EXCHANGE = """
Reporting-MTA: dns;mail.outlet.example
Received-From-MTA: dns;mx.example
Arrival-Date: Wed, 12 Aug 2020 14:00:00 +0000

Final-Recipient: rfc822;Desk@Outlet.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: The desk
"""
GMAIL = """
Reporting-MTA: dns; googlemail.example
Arrival-Date: Wed, 12 Aug 2020 07:00:00 -0700 (PDT)
X-Original-Message-ID: <0a1b2c@observers.example>

Final-Recipient: rfc822; desk@outlet.example
Action: failed
Status: 5.2.1
Remote-MTA: dns; gmail-smtp-in.example. (192.0.2.26, the server for the domain outlet.example.)
Diagnostic-Code: smtp; 550-5.2.1 The email account that you tried to reach is disabled. For
 550-5.2.1 more information, go to
 550 5.2.1  https://support.example/mail/?p=DisabledUser
Last-Attempt-Date: Wed, 12 Aug 2020 07:00:01 -0700 (PDT)
"""
POLICY = POSTFIX.replace("5.1.1", "5.7.1").replace("User unknown", "Blocked by policy")
GAVE_UP = POSTFIX.replace("5.1.1", "4.4.7")
GLOBAL = """
Reporting-MTA: dns; mx.example

Original-Recipient: utf-8; \\x{434}\\x{435}\\x{441}\\x{43A}@outlet.example
Final-Recipient: utf-8; \\x{434}\\x{435}\\x{441}\\x{43A}@outlet.example
Action: failed
Status: 5.1.1
"""
ENVELOPE = "Original-Envelope-Id: 0a1b2c+40observers.example\n" + POSTFIX.strip()

QMAIL = f"""\
From: MAILER-DAEMON@mx.example
To: press@observers.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{READER}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: {OURS}
Subject: Statement
""".encode()

OUT_OF_OFFICE = f"""\
From: =?utf-8?B?0KDQtdC00LDQutGG0LjRjw==?= <{READER}>
To: press@observers.example
Subject: =?utf-8?Q?Out_of_office:_back_on_Monday?=
Auto-Submitted: auto-replied
Precedence: bulk
In-Reply-To: {OURS}
Content-Type: text/plain; charset=utf-8

I am away. 550 5.1.1 user unknown is what you will not read here.
""".encode()

READ_RECEIPT = report("Disposition: manual-action/MDN-sent-manually; displayed", report_type="disposition-notification",
                      status_kind="message/disposition-notification")  # fmt: skip


def complaint(kind: str = "abuse", fields: str = f"Original-Rcpt-To: <{READER}>") -> bytes:
    """RFC 5965, as providers send it who are asked for feedback."""
    return report(
        f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n{fields}",
        kind="message/rfc822", status_kind="message/feedback-report", report_type="feedback-report",
        head="From: <complaints@provider.example>\nSubject: FW: Statement",
    )  # fmt: skip
