"""Reports of mails that came back, in the forms in which mail servers send them."""

import base64

OUR_ID = "<2f6d1c1e-8a53-4a55-9f3e-000000000001@www.example.org>"


def postfix(message_id=OUR_ID, *, action="failed", status="5.1.1", diagnostic=None, subject=None):
    diagnostic = (
        diagnostic
        or "smtp; 550 5.1.1 <ann@example.com>: Recipient address rejected:\n    User unknown in virtual mailbox table"
    )
    subject = subject or "Undelivered Mail Returned to Sender"
    return f"""\
Return-Path: <>
Date: Mon, 28 Oct 2019 09:00:02 +0000 (GMT)
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: {subject}
To: office@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4731D5F5A1.1572253202/mail.example.org"
Message-Id: <20191028090002.5C1B25F5A2@mail.example.org>

This is a MIME-encapsulated message.

--4731D5F5A1.1572253202/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<ann@example.com>: host mx.example.com[192.0.2.25] said: 550 5.1.1
    <ann@example.com>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)

--4731D5F5A1.1572253202/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4731D5F5A1
X-Postfix-Sender: rfc822; office@example.org
Arrival-Date: Mon, 28 Oct 2019 09:00:01 +0000 (GMT)

Final-Recipient: rfc822; ann@example.com
Original-Recipient: rfc822;ann@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: {diagnostic}

--4731D5F5A1.1572253202/mail.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

Received: from web.example.org (web.example.org [192.0.2.1])
\tby mail.example.org (Postfix) with ESMTP id 4731D5F5A1
\tfor <ann@example.com>; Mon, 28 Oct 2019 09:00:01 +0000 (GMT)
From: Kind Places <office@example.org>
To: ann@example.com
Subject: You have a place
Message-ID: {message_id}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

You have a place.

--4731D5F5A1.1572253202/mail.example.org--
""".encode()


def exchange(message_id=OUR_ID):
    """Microsoft: the report's text in HTML first, the original as headers alone, its id in our headers as well."""
    status = """\
Reporting-MTA: dns;DB9PR01MB1234.eurprd01.prod.exchangelabs.com

Final-Recipient: rfc822;ann@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient
 ann@example.com not found by SMTP address lookup
X-Display-Name: ann@example.com
"""
    return f"""\
From: <postmaster@example.onmicrosoft.com>
To: <office@example.org>
Date: Mon, 28 Oct 2019 09:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9B095B5ADSN=_01D58D6E5B2F6C3A0000"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-GB
Message-ID: <0c6f0d7d-1111-2222-3333-444455556666@DB9PR01MB1234>
In-Reply-To: {message_id}
References: {message_id}
Subject: Undeliverable: You have a place
Auto-Submitted: auto-replied
MIME-Version: 1.0

--9B095B5ADSN=_01D58D6E5B2F6C3A0000
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="inner"

--inner
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to ann@example.com couldn't be delivered.
ann wasn't found at example.com.

--inner
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: base64

{base64.encodebytes(b"<html><body><p>Your message couldn't be delivered.</p></body></html>").decode()}
--inner--

--9B095B5ADSN=_01D58D6E5B2F6C3A0000
Content-Type: message/delivery-status
Content-Transfer-Encoding: base64

{base64.encodebytes(status.encode()).decode()}
--9B095B5ADSN=_01D58D6E5B2F6C3A0000
Content-Type: text/rfc822-headers

From: Kind Places <office@example.org>
To: "ann@example.com" <ann@example.com>
Subject: You have a place
Message-ID: {message_id}

--9B095B5ADSN=_01D58D6E5B2F6C3A0000--
""".encode()


def exim(message_id=OUR_ID):
    """As Exim wrote for twenty years: plain words, and our mail below them."""
    return f"""\
Return-path: <>
Received: from Debian-exim by relay.example.net with local (Exim 4.84_2)
\tid 1iP0aB-0001Xy-9c
\tfor office@example.org; Mon, 28 Oct 2019 09:00:03 +0000
X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: office@example.org
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1iP0aB-0001Xy-9c@relay.example.net>
Date: Mon, 28 Oct 2019 09:00:03 +0000

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.com
    host mx.example.com [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<ann@example.com>:
    550 No such person at this address

------ This is a copy of the message, including all the headers. ------

Return-path: <office@example.org>
Received: from web.example.org ([192.0.2.1])
\tby relay.example.net with esmtp (Exim 4.84_2)
From: Kind Places <office@example.org>
To: ann@example.com
Subject: You have a place
Message-ID: {message_id}

You have a place.
Ring us on 0151 496 0000.
""".encode()


def exim_warning(message_id=OUR_ID):
    return f"""\
Return-path: <>
X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: office@example.org
Subject: Warning: message 1iP0aB-0001Xy-9c delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on relay.example.net.

The message identifier is:     1iP0aB-0001Xy-9c
The subject of the message is: You have a place

The address to which the message has not yet been delivered is:

  ann@example.com
    Delay reason: 451 4.7.1 Greylisting in action, please come back later

No action is required on your part. Delivery attempts will continue for
some time.

------ This is a copy of the message's headers. ------

Message-ID: {message_id}
""".encode()


def qmail(message_id=OUR_ID):
    return f"""\
Date: 28 Oct 2019 09:00:04 -0000
From: MAILER-DAEMON@qmail.example.net
To: office@example.org
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.com>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.7.1 Mailbox disabled
Giving up on 192.0.2.25.

--- Below this line is a copy of the message.

Return-Path: <office@example.org>
Message-ID: {message_id}
Subject: You have a place

You have a place.
""".encode()


def gmail(message_id=OUR_ID):
    """Google keeps the id among the fields of the report, and folds the answer."""
    return f"""\
Content-Type: multipart/report; boundary="000000000000b1"; report-type=delivery-status
To: office@example.org
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Subject: Delivery Status Notification (Failure)
Auto-Submitted: auto-replied
MIME-Version: 1.0

--000000000000b1
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--000000000000b1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; office@example.org
Arrival-Date: Mon, 28 Oct 2019 02:00:01 -0700 (PDT)
X-Original-Message-ID: {message_id}

Final-Recipient: rfc822; ann@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com. (192.0.2.25, the server for the domain example.com.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550 5.1.1 double-checking the address
Last-Attempt-Date: Mon, 28 Oct 2019 02:00:02 -0700 (PDT)

--000000000000b1--
""".encode()


def postfix_delayed(message_id=OUR_ID):
    return postfix(
        message_id,
        action="delayed",
        status="4.4.1",
        diagnostic="X-Postfix; connect to mx.example.com[192.0.2.25]:25: Connection timed out",
        subject="Delayed Mail (still being retried)",
    )


def away(message_id=OUR_ID):
    """Somebody on holiday: no mail came back."""
    return f"""\
From: Ann <ann@example.com>
To: office@example.org
Subject: Automatic reply: You have a place
Auto-Submitted: auto-replied
In-Reply-To: {message_id}
References: {message_id}

I am away until Monday. Undeliverable parcels go to my neighbour at number 550.
""".encode()


def answer(message_id=OUR_ID):
    return f"""\
From: Ann <ann@example.com>
To: office@example.org
Subject: Re: You have a place
In-Reply-To: {message_id}

Thank you! My last mail to you was returned with 550 5.1.1, can you look?
""".encode()


def receipt(message_id=OUR_ID):
    return f"""\
From: ann@example.com
To: office@example.org
Subject: Read: You have a place
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"
In-Reply-To: {message_id}

--r
Content-Type: text/plain

Your message was read.

--r
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ann@example.com
Original-Message-ID: {message_id}
Disposition: manual-action/MDN-sent-manually; displayed

--r--
""".encode()
