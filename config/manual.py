#!/usr/bin/env python3
"""Writes the manual pages, from what the programs say of themselves and from config/batchd.yaml.

manual.py PROGRAMS PAGES: PROGRAMS is the folder of the built programs, PAGES the folder to write into, as man reads it:
man1/batchctl.1 and so on.
"""

import json
import pathlib
import subprocess
import sys

ENVIRONMENT = {
    "batchd": [
        ("BATCHD_CONFIG", "The configuration, when --config does not name one."),
        ("CREDENTIALS_DIRECTORY", "Where key files are looked for first; systemd sets it."),
        ("NOTIFY_SOCKET", "Where the service manager hears of the start and the stop."),
    ],
    "batchctl": [
        ("BATCHD_SOCKET", "The daemon's socket, when --socket does not name one."),
        ("NO_COLOR", "When it is set, nothing is printed in colour."),
    ],
    "batchsim": [],
}
FILES = {
    "batchd": [
        ("/etc/batchd/batchd.yaml", "The configuration; conf.d/*.yaml beside it are merged."),
        ("/var/lib/batchd", "The database, the input files of running jobs, and the archive."),
        ("/run/batchd/batchd.sock", "The control socket."),
    ],
    "batchctl": [("/run/batchd/batchd.sock", "The daemon's socket.")],
    "batchsim": [],
}
PAGES = ["batchctl(1)", "batchd(8)", "batchd.yaml(5)", "batchsim(1)"]
SECTION = {"batchd": 8, "batchctl": 1, "batchsim": 1}


def roff(text):
    """Text as it is, whatever letters it has."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("…", "...").replace("—", "\\(em")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def head(name, section, version, abstract):
    return [
        f'.TH {name.upper()} {section} "" "batchd {version}" "batchd"',
        ".nh", ".ad l", ".SH NAME", f"{roff(name)} \\- {roff(abstract.rstrip('.'))}",
    ]


def names(argument):
    """`-o, --output <format>`, as people type it."""
    if argument["kind"] == "positional":
        return "<" + argument.get("valueName", "value") + ">"
    shown = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    return ", ".join(sorted(shown, key=len)) + value


def options(arguments):
    lines = []
    for argument in arguments:
        text = argument.get("abstract", "")
        if argument.get("allValueStrings") and argument["kind"] != "flag":
            text += " One of: " + ", ".join(argument["allValueStrings"]) + "."
        if argument.get("defaultValue") and argument["kind"] != "flag":
            text += f" Default: {argument['defaultValue']}."
        lines += [".TP", f"\\fB{roff(names(argument))}\\fR", roff(text.strip() or "See below.")]
    return lines


def synopsis(words, command):
    lines = [f"\\fB{roff(words)}\\fR"]
    for argument in shown(command):
        word = roff(names(argument).split(", ")[-1])
        if argument.get("isRepeating"):
            word += " ..."
        lines.append(f"[{word}]" if argument["isOptional"] else word)
    return lines


def shown(command):
    return [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]


def discussion(text):
    """Paragraphs, and the examples as they are typed."""
    lines = []
    for paragraph in (text or "").split("\n\n"):
        if not paragraph.strip():
            continue
        if all(line.startswith("Example: ") for line in paragraph.split("\n")):
            examples = [line.removeprefix("Example: ") for line in paragraph.split("\n")]
            lines += [".PP", ".EX", *[roff(line) for line in examples], ".EE"]
        else:
            lines += [".PP", roff(paragraph)]
    return lines


def is_common(argument, commands):
    """True for what every command takes: said once."""
    key = names(argument)
    return all(any(names(a) == key for a in shown(c)) for c in commands)


def page(program, folder, version):
    dump = subprocess.run(
        [folder / program, "--experimental-dump-help"], capture_output=True, check=True, text=True)
    root = json.loads(dump.stdout)["command"]
    commands = [c for c in leaves(root, program) if not c[0].endswith(" help")]
    common = [a for a in shown(commands[0][1]) if is_common(a, [c for _, c in commands])]
    common_names = {names(a) for a in common}
    lines = head(program, SECTION[program], version, root["abstract"])
    lines += [".SH SYNOPSIS", f"\\fB{program}\\fR <command> [options]", ".SH DESCRIPTION", roff(root["abstract"])]
    text = root.get("discussion", "")
    codes = [p for p in text.split("\n\n") if p.startswith("Exit codes: ")]
    lines += discussion("\n\n".join(p for p in text.split("\n\n") if p not in codes))
    lines += [".SH COMMANDS"]
    for words, command in commands:
        own = [a for a in shown(command) if names(a) not in common_names]
        lines += [f".SS {roff(words.removeprefix(program + ' '))}", *synopsis(words, dict(command, arguments=own))]
        lines += [".PP", roff(command.get("abstract", "")), *options(own)]
        lines += discussion(command.get("discussion"))
    lines += [".SH OPTIONS", "Every command takes these.", *options(common)]
    for code in codes:
        lines += [".SH EXIT STATUS"]
        for item in code.removeprefix("Exit codes: ").rstrip(".").split(", "):
            number, meaning = item.split(" ", 1)
            lines += [".TP", f"\\fB{number}\\fR", roff(meaning)]
    for title, facts in (("ENVIRONMENT", ENVIRONMENT[program]), ("FILES", FILES[program])):
        if facts:
            lines += [f".SH {title}"]
            for name, meaning in facts:
                lines += [".TP", f"\\fB{roff(name)}\\fR", roff(meaning)]
    return lines + see_also(f"{program}({SECTION[program]})")


def leaves(command, words):
    for inner in command.get("subcommands", []):
        path = f"{words} {inner['commandName']}"
        if inner.get("subcommands"):
            yield from leaves(inner, path)
        else:
            yield path, inner


def see_also(own):
    others = [roff(other) for other in PAGES if other != own]
    return [".SH SEE ALSO", ", ".join(f"\\fB{other}\\fR" for other in others)]


def configuration(path, version):
    """batchd.yaml(5): each key with the comment above it, its place and its default."""
    lines = head("batchd.yaml", 5, version, "the configuration of batchd")
    lines += [".SH DESCRIPTION"]
    comment, stack, has_begun = [], [], False
    for line in path.read_text().split("\n"):
        text = line.strip()
        if text.startswith("#"):
            comment.append(text.lstrip("#").strip())
        elif not text:
            if comment and not has_begun:
                lines += paragraphs(comment)
            comment = []
        else:
            if not has_begun:
                lines += [".SH KEYS", "Each with its place, and its default or an example."]
                has_begun = True
            indent = len(line) - len(line.lstrip())
            key, _, value = text.partition(":")
            value, _, remark = value.partition(" #")
            stack = [(i, k) for i, k in stack if i < indent] + [(indent, key.strip())]
            place = ".".join(k for _, k in stack)
            lines += [".TP", f"\\fB{roff(place)}\\fR" + (f": {roff(value.strip())}" if value.strip() else "")]
            said = " ".join([*comment, remark.strip()]).strip()
            lines += [roff(said) if said else "\\&"]
            comment = []
    lines += [".SH FILES", ".TP", "/etc/batchd/batchd.yaml", "Where it is looked for."]
    return lines + see_also("batchd.yaml(5)")


def paragraphs(comment):
    lines = []
    for line in comment:
        lines.append(roff(line) if line else ".PP")
    return lines


def write(pages, name, section, lines):
    path = pages / f"man{section}" / f"{name}.{section}"
    path.parent.mkdir(parents=True, exist_ok=True)
    # One sentence of a comment may be as long as it is: lines are filled anyway.
    path.write_text("\n".join(lines) + "\n")


def main():
    folder, pages = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    version = subprocess.run(
        [folder / "batchctl", "--version"], capture_output=True, check=True, text=True).stdout.split()[-1]
    for program, section in SECTION.items():
        write(pages, program, section, page(program, folder, version))
    source = pathlib.Path(__file__).parent / "batchd.yaml"
    write(pages, "batchd.yaml", 5, configuration(source, version))


main()
