"""``innkeeper package``: the code of the Lambda functions as one zip."""

from pathlib import Path

import click

from provisioner.assets import asset
from provisioner.cli.app import App, command_options
from provisioner.cli.subcommand import subcommand
from provisioner.package import build_zip


@subcommand("package")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("functions.zip"),
              show_default=True, help="The zip to write.")  # fmt: skip
@click.option("--runtime", default="python3.13", show_default=True, help="Lambda runtime the zip is for.")
@command_options
def command(app: App, output: Path, runtime: str) -> None:
    """Pack the functions' code; the same code gives the same bytes.

    Example: innkeeper package -o functions.zip
    """
    package = build_zip(output.resolve(), runtime=runtime, root=asset("lambdas").parent)
    app.emit(
        {"path": str(package.path), "sha256": package.sha256, "bytes": package.size},
        lambda out: out.print(f"{package.path}  {package.size / 1e6:.1f} MB  sha256 {package.sha256}"),
    )
