//! `souk admin`: researchers' accounts and keys, from the machine itself.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;
use store::{ApiKeyId, AuditEntry, NewApiKey, NewUser, Store, UserRow};
use uuid::Uuid;
use wire::UserId;

use super::database::with_store;
use crate::auth::{self, Scope};
use crate::config::Config;

#[derive(Subcommand)]
pub enum Admin {
    /// Set a researcher's password, read from the terminal or from standard input. Makes the account
    /// where there is none.
    Password { email: String },
    /// Print a link that signs a researcher in once. Makes the account where there is none.
    LoginLink { email: String },
    /// Keys of programs.
    #[command(subcommand)]
    Key(Key),
}

#[derive(Subcommand)]
pub enum Key {
    /// Make a key and print it, this once.
    Create {
        email: String,
        /// What it is for.
        #[arg(long)]
        label: String,
        /// What it may do: play, read, admin, models.
        #[arg(long, value_delimiter = ',', default_value = "play,read")]
        scopes: Vec<String>,
        /// Days until it expires; none: until revoked.
        #[arg(long)]
        days: Option<u32>,
    },
    /// List a researcher's keys.
    List { email: String },
    /// Revoke a key by its id.
    Revoke { email: String, id: Uuid },
}

impl Admin {
    pub async fn run(self, config: &Config) -> Result<()> {
        // Before the database is opened, so that a mistyped word costs nothing.
        match self {
            Admin::Password { email } => {
                let password = read_password()?;
                auth::check_new(&password)?;
                with_store(config, |store| set_password(store, email, password)).await
            }
            Admin::LoginLink { email } => {
                with_store(config, |store| async move {
                    let user = find_or_create(&store, &email).await?;
                    println!("{}", login_link(config, &store, user).await?);
                    Ok(())
                })
                .await
            }
            Admin::Key(Key::Create { email, label, scopes, days }) => {
                let scopes = read_scopes(&scopes)?;
                with_store(config, |store| create_key(store, email, label, scopes, days)).await
            }
            Admin::Key(Key::List { email }) => {
                with_store(config, |store| list_keys(store, email)).await
            }
            Admin::Key(Key::Revoke { email, id }) => {
                with_store(config, |store| revoke_key(store, email, id)).await
            }
        }
    }
}

/// A link that signs a researcher in once, to be shown on the terminal and nowhere else.
pub async fn login_link(config: &Config, store: &Store, user: UserId) -> Result<String> {
    let secret = store.login_link_create(user, config.link_life).await?;
    let origin = config.origin.clone().unwrap_or_else(|| format!("http://{}", config.addr));
    Ok(format!("{origin}/auth/link/{}", secret.reveal()))
}

/// The account of this name, made where there is none.
pub async fn find_or_create(store: &Store, email: &str) -> Result<UserId> {
    if let Some(user) = store.user_find_by_name(email).await? {
        return Ok(user.id);
    }
    let made = store.user_create(&NewUser { name: email.to_owned(), password_hash: None }).await;
    let id = match made {
        Ok(id) => id,
        // Of several servers that start at once another one was first.
        Err(error) if error.constraint().is_some() => return Ok(find(store, email).await?.id),
        Err(error) => return Err(error.into()),
    };
    eprintln!("souk: made the account {email}");
    note(store, id, "user.create", id).await?;
    Ok(id)
}

async fn find(store: &Store, email: &str) -> Result<UserRow> {
    let user = store.user_find_by_name(email).await?;
    user.with_context(|| {
        format!("there is no account {email}: `souk admin password {email}` makes one")
    })
}

async fn set_password(store: Store, email: String, password: String) -> Result<()> {
    let user = find_or_create(&store, &email).await?;
    let hash = auth::hash(password).await?;
    store.user_set_password(user, &hash).await?;
    note(&store, user, "user.password", user).await?;
    eprintln!("souk: the password of {email} is set, and all its browsers are signed out");
    Ok(())
}

async fn create_key(
    store: Store,
    email: String,
    label: String,
    scopes: Vec<Scope>,
    days: Option<u32>,
) -> Result<()> {
    let user = find(&store, &email).await?;
    let scopes = scopes.iter().map(|scope| scope.name().to_owned()).collect();
    let ttl = days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600));
    let new = NewApiKey { user: user.id, label, scopes, ttl };
    let (id, secret) = store.api_key_create(&new).await?;
    note(&store, user.id, "api_key.create", id).await?;
    eprintln!("souk: the key {id} is shown this once:");
    println!("{}", secret.reveal());
    Ok(())
}

async fn list_keys(store: Store, email: String) -> Result<()> {
    let user = find(&store, &email).await?;
    for key in store.api_key_list(user.id).await? {
        let state = if key.revoked_ms.is_some() { "revoked" } else { "valid" };
        println!("{}  {}…  {state}  {}  {}", key.id, key.prefix, key.scopes.join(","), key.label);
    }
    Ok(())
}

async fn revoke_key(store: Store, email: String, id: Uuid) -> Result<()> {
    let user = find(&store, &email).await?;
    store.api_key_revoke(user.id, ApiKeyId(id)).await?;
    note(&store, user.id, "api_key.revoke", id).await?;
    eprintln!("souk: the key {id} is revoked");
    Ok(())
}

async fn note(store: &Store, user: UserId, action: &str, subject: impl ToString) -> Result<()> {
    let entry = AuditEntry {
        user: Some(user),
        visitor: None,
        action: action.to_owned(),
        subject: subject.to_string(),
        detail: json!({ "by": "command" }),
    };
    Ok(store.audit_add(&entry).await?)
}

fn read_scopes(names: &[String]) -> Result<Vec<Scope>> {
    names
        .iter()
        .map(|name| {
            Scope::named(name.trim()).with_context(|| {
                format!("`{name}` is no scope: there are play, read, admin and models")
            })
        })
        .collect()
}

fn read_password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("New password: ")?;
        if password != rpassword::prompt_password("Again: ")? {
            bail!("the two passwords differ");
        }
        return Ok(password);
    }
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
