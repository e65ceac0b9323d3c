"""An oTree project with one app, for a comparison of loads. See README.md."""

SESSION_CONFIGS = [dict(name="bargain", app_sequence=["bargain"], num_demo_participants=2)]
SESSION_CONFIG_DEFAULTS = dict(real_world_currency_per_point=1.00, participation_fee=0.00)
LANGUAGE_CODE = "en"
REAL_WORLD_CURRENCY_CODE = "USD"
USE_POINTS = False
ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = None
DEMO_PAGE_INTRO_HTML = ""
SECRET_KEY = "not a secret: the comparison runs on loopback"
