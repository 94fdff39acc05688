"""prints what makes a shell complete the words of kald with the tab key: kald completion bash|zsh"""

import ast
import sys
from pathlib import Path

from tools.cli import _help

COMMANDS = Path(__file__).resolve().parent
SHELLS = ("bash", "zsh")
_ELSEWHERE = {"pair": COMMANDS.parent / "flash" / "pairing_options.py"}  # whence a command has more words
_GIVEN = {"place": ("--by", "--data", "--web", "--lang"), "language": ("--lang",),  # by tools/gateway/client.py
          "house": ("--data", "--store")}
_SCRIPT = """_kald() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="{commands}"
  else case "${{COMP_WORDS[1]}}" in
{cases}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _kald kald
"""


def options(command: str) -> list[str]:
    """Return the words that `command` takes, read from its source: no package is needed for that."""
    found = {"--help", "--lang"}
    for path in filter(None, (COMMANDS / f"{command}.py", _ELSEWHERE.get(command))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "add_argument":
                    found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)
                              and str(each.value).startswith("--")}
                    for more in node.keywords:
                        if more.arg == "choices" and isinstance(more.value, (ast.Tuple, ast.List)):
                            found |= {str(each.value) for each in more.value.elts if isinstance(each, ast.Constant)}
                found |= set(_GIVEN.get(node.func.attr, ()))
    return sorted(found)


def main(words: list[str]) -> int:
    """Print the script; return the exit code."""
    parser = _help.parser("completion", __doc__)
    parser.add_argument("shell", choices=SHELLS)
    given = parser.parse_args(words)
    names = sorted(path.stem for path in COMMANDS.glob("[a-z]*.py"))
    cases = "\n".join(f'  {name}) words="{" ".join(options(name))}" ;;' for name in names)
    before = "autoload -U +X bashcompinit && bashcompinit\n" if given.shell == "zsh" else ""
    sys.stdout.write(before + _SCRIPT.format(commands=" ".join([*names, "test"]), cases=cases))
    return 0
