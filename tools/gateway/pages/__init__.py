"""The pages: what people in the office see, print, and touch."""
