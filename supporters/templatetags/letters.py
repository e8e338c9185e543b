"""How dates, numbers and sizes are written on pages of either language."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.translation import get_language

register = template.Library()
MONTHS = "January February March April May June July August September October November December".split()


@register.filter
def long_date(day: date) -> str:
    """2025년 3월 14일 / 14 March 2025."""
    if get_language() == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


@register.filter
def postmark_date(day: date) -> str:
    """2025. 3. 14. / 14 Mar 2025."""
    if get_language() == "ko":
        return f"{day.year}. {day.month}. {day.day}."
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


@register.filter
def tight_postmark_date(day: date) -> str:
    """The postmark's date without spaces, where country and Northern name leave little room."""
    return postmark_date(day).replace(". ", ".")


@register.filter
def size(count: int) -> str:
    """Bytes as `7 KB` or `1.8 MB`; never rounded to nothing."""
    if count >= 999_500:
        return f"{count / 1_000_000:.1f} MB"
    return f"{max(1, round(count / 1000))} KB"


@register.filter
def thousands(count: int) -> str:
    """1,284 in both languages."""
    return f"{count:,}"
