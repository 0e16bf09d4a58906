"""How many examples a property is tried with: fewer on each commit than with `./dev test --all`.

The hypothesis profile says which of the two it is. It is chosen before any test module is imported, so
`@settings(max_examples=examples(40))` may ask for it.
"""

from hypothesis import settings

QUICK_EXAMPLES = 25
THOROUGH_EXAMPLES = 100
FEWEST = 5
"""What takes seconds an example is still tried more than once or twice on each commit."""


def examples(thorough: int) -> int:
    """How many of so many examples of a thorough run the present run tries."""
    return max(FEWEST, thorough * settings().max_examples // THOROUGH_EXAMPLES)
