"""One adapter per AWS service: the only code that imports boto3. Wired together in ``wiring.py``."""
