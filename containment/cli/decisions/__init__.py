"""Commands of people who decide: request, approve, promote destinations and vend agents."""
