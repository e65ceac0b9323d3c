//! Prints all listings of the own catalogue, to be read: public part, limits, persona.

fn main() {
    for item in catalogue::own_catalogue(catalogue::SEED) {
        let product = &item.product;
        println!("{}  {}  {}", product.codename, product.list_price, product.title);
        println!("    B {}  C {}  {}", item.budget, item.cost, item.persona);
        println!("    {}", product.description);
        println!("    - {}", product.features.join("\n    - "));
    }
}
