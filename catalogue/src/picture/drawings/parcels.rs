//! What is drawn where nothing better is known.

use super::Drawing;

pub(super) const PARCEL: Drawing = Drawing {
    name: "parcel",
    shadow: 82,
    may_flip: true,
    svg: r##"<path d="M84 96l76-26 76 26v80l-76 26-76-26z" fill="#c99a66"/><path d="M84 96l76 26 76-26-76-26z" fill="#e0b988"/><path d="M160 122v80l76-26V96z" fill="#b58654"/><path d="M118 84l76 27v22l-14 5v-23l-76-27z" fill="{a}"/><path d="M98 140l34 12v18l-34-12z" fill="#fff4e0"/>"##,
};

pub(super) const ALL: &[Drawing] = &[PARCEL];
