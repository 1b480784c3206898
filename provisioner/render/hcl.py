"""Text as an HCL string: the one way data gets into a ``.tf`` file."""

import json
import unicodedata

from provisioner.errors import InnkeeperError


def hcl(value: str) -> str:
    """``value`` as a quoted HCL string that means exactly ``value``.

    ``${`` and ``%{`` are code in HCL, so they are doubled. HCL has no escape for most control characters and
    cannot hold lone surrogates: they are refused. Terraform normalises to NFC, so anything else would change.
    """
    for char in value:
        if (unicodedata.category(char) == "Cc" and char not in "\n\r\t") or unicodedata.category(char) == "Cs":
            raise InnkeeperError(
                f"a control character (U+{ord(char):04X}) cannot be written into Terraform's configuration",
                hint="remove it from the YAML file; it is often left behind by copying",
            )
    if unicodedata.normalize("NFC", value) != value:
        raise InnkeeperError(
            f"{value!r} is not in composed form (NFC), which Terraform would change",
            hint="type the accented letters anew",
        )
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
