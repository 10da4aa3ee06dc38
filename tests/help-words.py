#!/usr/bin/env python3
"""help-words.py SOURCE: what the help pages call a button, a page or a menu, <gui> in Mallard, is what the window calls it.

Every such name in help/C must be a string of the program: in a template (ui/*.ui) or translatable in src/. Mnemonics and a
final ellipsis do not count. Prints the names that are not, with their page; fails if there is one.
"""
import html
import pathlib
import re
import sys

ATTRIBUTE = re.compile(r'<(property|attribute|item)\b[^>]*translatable="yes"[^>]*>(.*?)</\1>', re.S)
LITERAL = r'"((?:[^"\\]|\\.)*)"'
CALL = re.compile(r'\b(?:N?C?_|g_dngettext|ngettext)\s*\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', re.S)


def plain(text):
    """As a reader sees it."""
    return ' '.join(text.replace('_', '').split()).rstrip('…').strip()


def strings_of(root):
    found = set()
    for path in sorted((root / 'ui').glob('*.ui')):
        found.update(plain(html.unescape(text)) for _, text in ATTRIBUTE.findall(path.read_text('utf-8')))
    for path in sorted((root / 'src').rglob('*.c')):
        for call in CALL.findall(path.read_text('utf-8')):
            parts = re.findall(LITERAL, call)
            # Each by itself, of several (context and text, singular and plural), and joined, of one broken over lines.
            found.update(plain(part.replace('\\"', '"')) for part in parts + [''.join(parts)])
    # Titles of methods, which their files declare.
    for path in sorted((root / 'src' / 'explain').rglob('*.c')):
        found.update(plain(title) for title in re.findall(r'\.title\s*=\s*(?:N_\s*\()?\s*' + LITERAL, path.read_text('utf-8')))
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    known = strings_of(root)
    pages = sorted((root / 'help' / 'C').glob('*.page'))
    n_names = 0
    wrong = []
    for page in pages:
        text = page.read_text('utf-8')
        for match in re.finditer(r'<gui\b[^>]*>(.*?)</gui>', text, re.S):
            name = plain(html.unescape(re.sub(r'<[^>]+>', '', match.group(1))))
            n_names += 1
            if name not in known:
                wrong.append(f'{page.name}:{text.count(chr(10), 0, match.start()) + 1}: the program has no “{name}”')
    print('\n'.join(wrong + [f'{n_names} names in {len(pages)} pages, {len(wrong)} unknown']))
    return 1 if wrong or n_names == 0 else 0


sys.exit(main())
