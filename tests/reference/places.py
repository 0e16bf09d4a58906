"""Where a deal stands in each dimension, and how its value is shared over products."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from tests.reference.exports import Export, amount
from tests.reference.lives import Lives, State, View
from tests.reference.terms import Resolver

UNASSIGNED = "(Unassigned)"
NO_PRODUCT = "(No product)"
NO_FAMILY = "(No family)"
CENT = Fraction(1, 100)


class Places:
    """Resolves the dimensions of deals."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._terms = lives.terms

    def dimensions(self, opportunity_id: str, state: State) -> Mapping[str, str]:
        """Every dimension but product, and the deal type."""
        return {
            dimension: self._resolve(resolvers, opportunity_id, state.placed)
            for dimension, resolvers in self._terms.resolvers.items()
        }

    def families(self, opportunity_id: str, state: State, value: Fraction) -> Mapping[str, Fraction]:
        """The value in its own currency, by product family, to the cent."""
        lines = state.placed.export.of_opportunity("OpportunityLineItem", opportunity_id)
        prices = [amount(line["TotalPrice"]) or Fraction(0) for line in lines]
        if sum(prices) == 0:
            return {NO_PRODUCT: value}
        shares: dict[str, Fraction] = {}
        for line, share in zip(lines, share_to_the_cent(value, prices), strict=True):
            family = line.get("Product2.Family") or NO_FAMILY
            shares[family] = shares.get(family, Fraction(0)) + share
        return shares

    def _resolve(self, resolvers: Sequence[Resolver], opportunity_id: str, view: View) -> str:
        for resolver in resolvers:
            found = self._yield(resolver, opportunity_id, view)
            if found:
                return found
        return UNASSIGNED

    def _yield(self, resolver: Resolver, opportunity_id: str, view: View) -> str | None:
        if resolver.value is not None:
            return resolver.value
        if resolver.role_chain is not None:
            assert resolver.map is not None
            return self._walk_roles(resolver.role_chain, resolver.map, opportunity_id, view)
        assert resolver.path is not None
        text = self._text(resolver.path, opportunity_id, view)
        if text is None:
            return None
        if resolver.map is not None:
            return resolver.map.get(text)
        if resolver.bands is not None:
            return _band(resolver.bands, Fraction(text))
        return text

    def _text(self, path: str, opportunity_id: str, view: View) -> str | None:
        if "." not in path:
            return self._lives.field(opportunity_id, path, view)
        relation, _, field = path.partition(".")
        key = self._lives.field(opportunity_id, f"{relation}Id", view)
        if key is None:
            return None
        assert relation == "Account"
        return self._account(view.export, key).get(field) or None

    def _account(self, export: Export, account_id: str) -> Mapping[str, str]:
        accounts = export.by_id("Account")
        account = accounts.get(account_id, {})
        while account.get("MasterRecordId"):
            account = accounts[account["MasterRecordId"]]
        return account

    def _walk_roles(
        self, whose: str, names: Mapping[str, str], opportunity_id: str, view: View
    ) -> str | None:
        field = "Owner" if whose == "owner" else "CreatedById"
        user = view.export.by_id("User").get(self._lives.field(opportunity_id, field, view) or "")
        if user is None or user.get("UserType") == "CloudIntegrationUser":
            return None
        roles = view.export.by_id("UserRole")
        role = roles.get(user["UserRoleId"])
        while role is not None:
            if role["Name"] in names:
                return names[role["Name"]]
            role = roles.get(role["ParentRoleId"])
        return None


def _band(bands: Mapping[str, tuple[int, ...]], number: Fraction) -> str | None:
    for name, ends in bands.items():
        if ends[0] <= number and (len(ends) == 1 or number <= ends[1]):
            return name
    return None


def share_to_the_cent(value: Fraction, weights: Sequence[Fraction]) -> list[Fraction]:
    """In proportion to the weights, cents by largest remainder, ties to the lower line order."""
    total = sum(weights)
    sign = -1 if value < 0 else 1
    exact = [abs(value) / CENT * weight / total for weight in weights]
    cents = [floor(share) for share in exact]
    left = int(abs(value) / CENT) - sum(cents)
    order = sorted(range(len(weights)), key=lambda line: (cents[line] - exact[line], line))
    for line in order[:left]:
        cents[line] += 1
    return [sign * count * CENT for count in cents]
