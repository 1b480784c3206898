"""AWS Regions as far as sending mail needs them. Source: AWS General Reference, Amazon SES endpoints."""

SMTP_REGIONS = frozenset(
    {
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ap-south-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-north-1",
        "sa-east-1",
        "us-gov-east-1",
        "us-gov-west-1",
    }
)

# SES is offered there, but through its API only: a WordPress site could not log in.
API_ONLY_REGIONS = frozenset(
    {
        "af-south-1",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "eu-south-1",
        "eu-central-2",
        "il-central-1",
        "me-south-1",
        "me-central-1",
        "ca-west-1",
    }
)


def has_smtp(region: str) -> bool:
    """Tell whether SES offers an SMTP endpoint in this Region."""
    return region in SMTP_REGIONS
