"""The command line: parse words, wire the parts, print; every decision is made below."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from ..errors import InvalidSetting, InvalidWorkflow, ModelgetError
from .arguments import build_parser
from .exit_codes import FAILED, STOPPED, USAGE
from .terminal import fail

__all__ = ["main"]


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit code; ``environ`` holds the settings."""
    args = build_parser().parse_args(argv)
    # Else huggingface_hub reports to huggingface.co once a day, whatever endpoint was chosen.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    args.environ = environ
    try:
        return int(args.run(args))
    except (InvalidWorkflow, InvalidSetting) as error:
        fail(error)
        return USAGE
    except ModelgetError as error:
        fail(error)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped. What arrived is kept: run the same command again to continue.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader of our output has seen enough, as in `modelget plan … | head`
        sys.stderr.close()
        return FAILED
