//! Builders of products and scenarios with defaults that play.

use rules::{Listing, Mills, OverLimit, PerRole, Product, Protocol, Regulation, Role, Scenario};

/// An amount as a person writes it.
///
/// # Panics
/// If it is not a price.
pub fn usd(text: &str) -> Mills {
    text.parse().unwrap_or_else(|bad| panic!("{text}: {bad}"))
}

/// A kettle listed at $50.
pub fn product() -> ProductBuilder {
    ProductBuilder(Product {
        codename: "home-kitchen_1".into(),
        category: "home-kitchen".into(),
        title: "Hearthline Enamel Kettle, 1.5 L, Cream".into(),
        description: "An enamel kettle for gas and induction hobs.".into(),
        features: vec!["Cool-touch handle: stays cool".into(), "Whistles when it boils".into()],
        list_price: usd("50"),
    })
}

pub struct ProductBuilder(Product);

impl ProductBuilder {
    pub fn codename(mut self, codename: &str) -> Self {
        self.0.codename = codename.into();
        self
    }

    pub fn category(mut self, category: &str) -> Self {
        self.0.category = category.into();
        self
    }

    pub fn title(mut self, title: &str) -> Self {
        self.0.title = title.into();
        self
    }

    pub fn description(mut self, description: &str) -> Self {
        self.0.description = description.into();
        self
    }

    pub fn features(mut self, features: &[&str]) -> Self {
        self.0.features = features.iter().map(|feature| feature.to_string()).collect();
        self
    }

    pub fn list_price(mut self, price: Mills) -> Self {
        self.0.list_price = price;
        self
    }

    pub fn build(self) -> Product {
        self.0
    }
}

/// The kettle; budget $40, cost $25; six alternating rounds; a regulated seller; limits revealed at
/// the end; seed 1.
pub fn scenario() -> ScenarioBuilder {
    ScenarioBuilder(Scenario {
        listing: Listing {
            product: product().build(),
            protocol: Protocol::PAPER,
            personas: PerRole::default(),
        },
        budget: usd("40"),
        cost: usd("25"),
        regulation: Some(Regulation::CounterAtFloor),
        over_limit: OverLimit::Violation,
        reveal: true,
        seed: 1,
    })
}

pub struct ScenarioBuilder(Scenario);

impl ScenarioBuilder {
    pub fn product(mut self, product: Product) -> Self {
        self.0.listing.product = product;
        self
    }

    pub fn list_price(mut self, price: Mills) -> Self {
        self.0.listing.product.list_price = price;
        self
    }

    pub fn budget(mut self, budget: Mills) -> Self {
        self.0.budget = budget;
        self
    }

    pub fn cost(mut self, cost: Mills) -> Self {
        self.0.cost = cost;
        self
    }

    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.0.listing.protocol = protocol;
        self
    }

    /// The open protocol: ten minutes and that many moves.
    pub fn open(self, max_moves: u32) -> Self {
        self.protocol(Protocol::Open { deadline_ms: 600_000, max_moves })
    }

    pub fn persona(mut self, role: Role, persona: &str) -> Self {
        *self.0.listing.personas.get_mut(role) = Some(persona.into());
        self
    }

    pub fn regulation(mut self, regulation: Option<Regulation>) -> Self {
        self.0.regulation = regulation;
        self
    }

    pub fn over_limit(mut self, over_limit: OverLimit) -> Self {
        self.0.over_limit = over_limit;
        self
    }

    pub fn reveal(mut self, reveal: bool) -> Self {
        self.0.reveal = reveal;
        self
    }

    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    pub fn build(self) -> Scenario {
        self.0
    }
}
