//! Writes pictures to one page, to be looked at: `contact_sheet out.html [own|drawings]`.

use std::fmt::Write as _;

use catalogue::picture::{self, Subject};
use catalogue::{SEED, own_catalogue};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let out = args.next().unwrap_or_else(|| "contact_sheet.html".to_owned());
    let cells: Vec<(String, String)> = match args.next().as_deref() {
        Some("drawings") => one_of_each(),
        _ => own_catalogue(SEED)
            .into_iter()
            .map(|i| (format!("{} · {}", i.product.list_price, i.product.title), i.picture))
            .collect(),
    };
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>Souk's pictures</title><style>\
         body{margin:12px;font:12px sans-serif;background:light-dark(#fffaf2,#221c20);color:light-dark(#221c20,#f4e9da);color-scheme:light dark}\
         main{display:grid;grid-template-columns:repeat(8,1fr);gap:10px}\
         figure{margin:0}svg{width:100%;border-radius:10px;display:block}figcaption{padding:4px}\
         </style><main>",
    );
    for (caption, picture) in &cells {
        let caption = caption.replace('&', "&amp;").replace('<', "&lt;");
        let _ = write!(page, "<figure>{picture}<figcaption>{caption}</figcaption></figure>");
    }
    page.push_str("</main>");
    std::fs::write(&out, page)?;
    println!("{} pictures in {out}", cells.len());
    Ok(())
}

/// Every drawing once, each with a colour and ground of its own.
fn one_of_each() -> Vec<(String, String)> {
    let picture_of = |(n, name): (usize, &'static str)| {
        let id = format!("{name}_1");
        let seed = n as u64 * 7_919 + 3;
        let subject = Subject { id: &id, title: name, drawing: name, colour: None, seed };
        (name.to_owned(), picture::draw(&subject))
    };
    picture::drawing_names().enumerate().map(picture_of).collect()
}
