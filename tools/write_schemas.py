"""Write schemas/*.schema.json from the forms in provisioner/config/forms.py: python tools/write_schemas.py"""

from pathlib import Path

from provisioner.config.schema import KINDS, text

FOLDER = Path(__file__).resolve().parent.parent / "schemas"

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        (FOLDER / f"{kind}.schema.json").write_text(text(kind), encoding="utf-8")
        print(f"schemas/{kind}.schema.json")
