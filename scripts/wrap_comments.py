#!/usr/bin/env python3
"""Wraps the comments of Rust files at 100 columns. rustfmt does this on nightly only.

    scripts/wrap_comments.py            # rewrites the files that git knows
    scripts/wrap_comments.py --check    # lists comments that are too wide; exit code 1 if there are any
    scripts/wrap_comments.py FILE...    # these files alone, with or without --check

A paragraph is touched only if one of its lines is too wide. Tables, code blocks, headings, link
definitions, block quotes, and words that have no space in them, such as addresses, stay as they are. So do
comments behind code on the same line.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

WIDTH = 100
COMMENT = re.compile(r"^(\s*)(///|//!|//)( ?)(.*)$")
FENCE = re.compile(r"^\s*(```|~~~)")
ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])(\s+)")
# Lines that are no prose: tables, headings, quotes, link definitions, HTML, code by indentation.
FIXED = re.compile(r"^(\s*\||\s*#|\s*>|\s*\[[^]]+\]:|\s*<|\s{4,}\S)")
# What may not begin a line, since Markdown would read it as a list, a heading, a quote or a table.
NOT_FIRST = re.compile(r"^([-*+]|\d+[.)]|#+|>.*|\|.*|=+|-+)$")
# Code spans and links are kept whole.
WORD = re.compile(r"(?:`[^`]*`|\[[^]\[]*\](?:\([^)]*\)|\[[^]]*\])?|[^\s`\[]|`|\[)+")


def words(text):
    """The pieces of a paragraph that a line may end after."""
    pieces = []
    for piece in WORD.findall(text):
        if pieces and NOT_FIRST.match(piece):
            pieces[-1] += " " + piece
        else:
            pieces.append(piece)
    return pieces


def fill(pieces, first, rest):
    """`pieces` in lines of at most WIDTH columns; the first begins with `first`, others with `rest`."""
    lines, line, empty = [], first, True
    for piece in pieces:
        if not empty and len(line) + 1 + len(piece) > WIDTH:
            lines.append(line)
            line, empty = rest, True
        line += piece if empty else " " + piece
        empty = False
    return [*lines, line]


class Paragraph:
    """Lines of a comment that Markdown joins."""

    def __init__(self, lead, hang, text):
        self.lead, self.hang, self.lines, self.texts = lead, hang, [], [text]

    def wrapped(self):
        too_wide = any(len(line) > WIDTH for line in self.lines)
        if not too_wide:
            return self.lines
        pieces = [piece for text in self.texts for piece in words(text)]
        # A code span that goes on in the next line is cut by `words` alike, so nothing is lost.
        return fill(pieces, self.lead, self.hang)


def paragraphs(lines):
    """What a file is made of: plain lines as strings, and paragraphs of comments."""
    current, prefix, fenced = None, None, False
    for line in lines:
        match = COMMENT.match(line)
        body = match and match[4]
        here = match and (match[1], match[2])
        if here != prefix:
            fenced = False
        prose = bool(match) and match[3] == " " and bool(body.strip())
        if match and FENCE.match(body):
            fenced, prose = not fenced, False
        elif fenced or (prose and FIXED.match(body) and not (current and here == prefix and re.match(r"^\s{4,}\S", body))):
            prose = False
        item = prose and ITEM.match(body)
        if not prose:
            current = None
            yield line
        elif item or current is None or here != prefix:
            lead = f"{match[1]}{match[2]} "
            start = item[0] if item else re.match(r"\s*", body)[0]
            current = Paragraph(lead + start, lead + " " * len(start), body[len(start):])
            current.lines.append(line)
            yield current
        else:
            current.lines.append(line)
            current.texts.append(body.strip())
        prefix = here


def breakable(line):
    """Whether a line that is too wide has a space to break it at."""
    match = COMMENT.match(line)
    item = ITEM.match(match[4])
    return len(words(match[4][item.end() if item else 0 :])) > 1


def process(path, check):
    """Wraps one file, or says what is too wide in it. The number of lines that are."""
    text = path.read_text(encoding="utf-8")
    parts = list(paragraphs(text.split("\n")))
    found = 0
    if check:
        number = 0
        for part in parts:
            for line in [part] if isinstance(part, str) else part.lines:
                number += 1
                if isinstance(part, Paragraph) and len(line) > WIDTH and breakable(line):
                    print(f"{path}:{number}: a comment of {len(line)} columns")
                    found += 1
        return found
    lines = []
    for part in parts:
        if isinstance(part, str):
            lines.append(part)
            continue
        found += sum(len(line) > WIDTH for line in part.lines)
        lines.extend(part.wrapped())
    written = "\n".join(lines)
    if written != text:
        path.write_text(written, encoding="utf-8", newline="\n")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    files = arguments.files
    if not files:
        listed = subprocess.run(["git", "ls-files", "*.rs"], check=True, capture_output=True, text=True)
        files = [path for path in map(Path, listed.stdout.splitlines()) if path.is_file()]
    found = sum(process(path, arguments.check) for path in files)
    if arguments.check:
        print(f"{len(files)} files, {found} comments wider than {WIDTH} columns")
        sys.exit(found > 0)


if __name__ == "__main__":
    main()
