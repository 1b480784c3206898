"""The story, chapter by chapter. What is claimed is read back from AWS first; a claim that fails ends the demo."""

import time

from provisioner.demo.readback import SIMULATOR, Readback
from provisioner.demo.site import Site
from provisioner.demo.stage import Stage

BOUNCED = f"bounce@{SIMULATOR}"
CUSTOMER = "clara@customer.example"  # test addresses would count in drills only
_TEST_ADDRESSES = {
    "success": "arrives",
    "bounce": "no such person",
    "complaint": "arrives, and is marked as spam",
    "ooto": "arrives, and an automatic reply comes back",
}


def tell(stage: Stage) -> None:
    """All chapters in order."""
    aws = Readback(stage.aws)
    platform(stage, aws)
    onboard(stage, aws)
    dns(stage, aws)
    bakery = stage.site("bakery")
    first_mails(stage, bakery)
    one_address_is_blocked(stage, aws, bakery)
    virus(stage, aws, bakery)
    nothing_lifts_it(stage, aws, bakery)
    reinstated(stage, aws, bakery)
    papers(stage, aws)


def platform(stage: Stage, aws: Readback) -> None:
    """The bucket, the functions, the guards."""
    with stage.chapter("The platform: what all sites share"):
        stage.command("validate")
        stage.command("platform --yes")
        functions = aws.functions()
        stage.claim(f"AWS lists the functions {', '.join(functions)}", "innkeeper-sentinel" in functions)


def onboard(stage: Stage, aws: Readback) -> None:
    """Both example tenants at once."""
    with stage.chapter("Two sites get their e-mail domains, side by side"):
        stage.command("onboard --yes")
        for tenant, domain in stage.domains().items():
            tokens = aws.identity(domain)["DkimAttributes"]["Tokens"]
            stage.claim(f"SES has an identity for {domain}, with {len(tokens)} DKIM keys", tokens)
            stage.claim(f"SES keeps {tenant} apart as a tenant of its own", aws.tenant_resources(tenant))
        states = [path.read_text(encoding="utf-8") for path in stage.folder.rglob("*.tfstate")]
        password = stage.site("bakery").secret.password
        clean = bool(states) and not any(password in state for state in states)
        stage.claim(f"the SMTP password stands in none of {len(states)} Terraform states", clean)
        stage.command("plan --refresh bakery")


def dns(stage: Stage, aws: Readback) -> None:
    """One zone is ours; for the other the owner pastes records."""
    with stage.chapter("DNS: the bakery's is ours, the cinema's owner pastes records"):
        stage.command("verify bakery")
        stage.command("records cinema")
        stage.paste_records("cinema")
        domain = stage.domains()["cinema"]
        stage.claim(f"pasted, and SES finds them: {domain} may send", aws.identity(domain)["VerifiedForSendingStatus"])
        stage.paste_platform_records()


def first_mails(stage: Stage, bakery: Site) -> None:
    """Real SMTP, to Amazon's test addresses."""
    with stage.chapter("The bakery's site sends its first mails, over SMTP with TLS"):
        stage.command("credentials bakery")
        for name, meaning in _TEST_ADDRESSES.items():
            outcome = bakery.mail(f"{name}@{SIMULATOR}", "Your order")
            stage.claim(f"{name}@… ({meaning}): accepted", outcome.accepted)
        sender = bakery.secret.from_address
        stolen = stage.site("cinema").mail(f"success@{SIMULATOR}", "Not mine", sender=sender, kit=False)
        stage.claim(f"the cinema's user may not send as the bakery: {stolen.refusal}", not stolen.accepted)


def one_address_is_blocked(stage: Stage, aws: Readback, bakery: Site) -> None:
    """Collect, audit, enforce."""
    with stage.chapter("Feedback is stored and judged, and one address is blocked"):
        waiting = aws.waiting("bakery")
        stage.claim(f"{waiting} events wait in the bakery's queue", waiting)
        stage.tell("Amazon's test addresses count only in a drill; this is one.")
        stage.command("collect bakery --drill")
        stage.claim("the queue is empty", aws.waiting("bakery") == 0)
        stage.claim("the feedback lies in the bucket", aws.keys("feedback/") and aws.keys("facts/"))
        stage.command("audit bakery --drill --dry-run")
        stage.command("audit bakery --drill --yes")
        stage.command(f"explain bakery {BOUNCED}")
        outcome = bakery.mail(BOUNCED, "Your order, again")
        why = aws.last_bounce("bakery") if outcome.accepted else outcome.refusal
        kept_back = not outcome.accepted or why == "OnTenantSuppressionList"
        stage.claim(f"the next mail to {BOUNCED} does not go out: {why}", kept_back)


def virus(stage: Stage, aws: Readback, bakery: Site) -> None:
    """The fast lane: event, function, levers."""
    with stage.chapter("A virus: sending stops within seconds"):
        start = time.monotonic()
        outcome = bakery.mail(CUSTOMER, "Invoice", virus=True)
        stage.claim("a mail with the harmless EICAR test virus is accepted …", outcome.accepted)
        refusals: list[str] = []

        def refused() -> bool:
            refusals.append(bakery.mail(CUSTOMER, "Newsletter").refusal)
            return bool(refusals[-1])

        words = "… SES rejects it, the sentinel judges it, and the next mail is refused"
        stage.until(words, refused, since=start)
        stage.tell(f"SES says: {refusals[-1]}")
        stage.until("every lever is closed", lambda: not any(aws.switches("bakery").values()), since=start)
        stage.command("status")
        stage.command("explain bakery")


def nothing_lifts_it(stage: Stage, aws: Readback, bakery: Site) -> None:
    """An apply in between, with a change and without."""
    with stage.chapter("No apply lifts it"):
        stage.change("bakery", "\ndmarc:\n  policy: quarantine\n")
        stage.tell("The owner's file is changed (a stricter DMARC policy), and applied:")
        stage.command("apply --yes bakery")
        stage.claim("every lever is still closed", not any(aws.switches("bakery").values()))
        outcome = bakery.mail(CUSTOMER, "Hello?")
        stage.claim(f"mail is still refused: {outcome.refusal}", not outcome.accepted)


def reinstated(stage: Stage, aws: Readback, bakery: Site) -> None:
    """Only a person, with a reason."""
    with stage.chapter("The owner explains, the operator reinstates"):
        stage.command("reinstate bakery --yes --reason 'the infected plugin was removed'")
        stage.claim("every lever is open again", all(aws.switches("bakery").values()))
        stage.until("mail flows again", lambda: bakery.mail(CUSTOMER, "We are back").accepted)
        stage.command("enforce --check")


def papers(stage: Stage, aws: Readback) -> None:
    """Notices and the first report, on disk."""
    with stage.chapter("What the people got"):
        notices = aws.save_notices(stage.folder / "mails")
        stage.claim(f"{len(notices)} notices left the platform, to the owner and to the operator", notices)
        for path, subject in notices:
            stage.tell(f"{path}  “{subject}”")
        stage.command(f"report bakery -o {stage.folder / 'reports'}")
