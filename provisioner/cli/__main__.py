"""``python -m provisioner.cli``: the same as the console script ``innkeeper``."""

from provisioner.cli.main import main

if __name__ == "__main__":
    main()
