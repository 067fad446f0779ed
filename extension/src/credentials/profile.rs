//! The files that AWS's tools share, `~/.aws/credentials` and `~/.aws/config`: as much of them as a daemon's host has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;

use super::{SESSION, WebIdentity};

/// A profile, and the files to look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiles {
    /// Its name.
    pub name: String,
    /// Whether somebody named it.
    pub is_named: bool,
    /// `~/.aws/credentials`, or another file in its place.
    pub credentials: PathBuf,
    /// `~/.aws/config`, or another file in its place.
    pub config: PathBuf,
}

/// What a profile leads to.
#[derive(Debug)]
pub(super) enum Found {
    /// Keys.
    Keys(Credentials),
    /// A role to assume with what another profile leads to.
    Role {
        role: String,
        session: String,
        with: Box<Found>,
    },
    /// A role to assume by a token.
    WebIdentity(WebIdentity),
}

/// Profiles that name one another end somewhere.
const DEEPEST: usize = 4;

type Profile = BTreeMap<String, String>;

impl Profiles {
    /// What the profile leads to; none when there is no such profile, or nothing in it.
    pub(super) fn find(&self) -> Result<Option<Found>, CredentialsError> {
        self.follow(&self.name, DEEPEST)
    }

    /// The region that the profile names.
    pub fn region(&self) -> Option<String> {
        self.profile(&self.name).remove("region")
    }

    fn follow(&self, name: &str, deepest: usize) -> Result<Option<Found>, CredentialsError> {
        let profile = self.profile(name);
        if let Some(role) = profile.get("role_arn") {
            return self.role(name, role, &profile, deepest).map(Some);
        }
        if let Some(keys) = keys(&profile) {
            return Ok(Some(Found::Keys(keys)));
        }
        for key in ["credential_process", "sso_session", "sso_start_url"] {
            if profile.contains_key(key) {
                return Err(wrong(
                    name,
                    &format!("has {key}, which is not supported here: give it keys or a role"),
                ));
            }
        }
        Ok(None)
    }

    fn role(
        &self,
        name: &str,
        role: &str,
        profile: &Profile,
        deepest: usize,
    ) -> Result<Found, CredentialsError> {
        let session = profile
            .get("role_session_name")
            .map_or(SESSION, String::as_str)
            .to_owned();
        let role = role.to_owned();
        if let Some(file) = profile.get("web_identity_token_file") {
            let token_file = file.into();
            return Ok(Found::WebIdentity(WebIdentity {
                role,
                token_file,
                session,
            }));
        }
        let Some(source) = profile.get("source_profile") else {
            return Err(wrong(
                name,
                "has a role_arn and no source_profile to assume it with",
            ));
        };
        // A profile may name itself: then its own keys are meant.
        let with = if source == name {
            keys(profile).map(Found::Keys)
        } else if deepest == 0 {
            None
        } else {
            self.follow(source, deepest - 1)?
        };
        let with = with.ok_or_else(|| {
            wrong(
                source,
                "has no credentials, and another profile's role is assumed with it",
            )
        })?;
        Ok(Found::Role {
            role,
            session,
            with: Box::new(with),
        })
    }

    /// Both files' keys of a profile; those for credentials go before.
    fn profile(&self, name: &str) -> Profile {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let mut profile = section(&read(&self.config), |header| {
            header == name && name == "default"
                || header
                    .strip_prefix("profile")
                    .is_some_and(|rest| rest.starts_with([' ', '\t']) && rest.trim() == name)
        });
        profile.extend(section(&read(&self.credentials), |header| header == name));
        profile
    }
}

fn keys(profile: &Profile) -> Option<Credentials> {
    let key = profile.get("aws_access_key_id")?;
    let secret = profile.get("aws_secret_access_key")?;
    let token = profile.get("aws_session_token").cloned();
    Some(Credentials::new(key, secret, token, None, "profile"))
}

fn wrong(profile: &str, text: &str) -> CredentialsError {
    CredentialsError::invalid_configuration(format!("the AWS profile {profile} {text}"))
}

/// The keys under each header that is meant.
fn section(text: &str, is_meant: impl Fn(&str) -> bool) -> Profile {
    let mut profile = Profile::new();
    let mut is_in = false;
    for line in text.lines() {
        let bare = line.split(" #").next().unwrap_or_default().trim();
        if let Some(header) = bare.strip_prefix('[') {
            is_in = header
                .split(']')
                .next()
                .is_some_and(|header| is_meant(header.trim()));
        } else if let Some((key, value)) = bare.split_once('=') {
            // What is indented belongs to a key above.
            let is_key = is_in && !line.starts_with([' ', '\t', '#', ';']);
            if is_key && !value.trim().is_empty() {
                profile.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONFIG: &str = "
[default]
region = eu-north-1 # near
s3 =
  region = nowhere
[profile assumed]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = keys
[profile loop]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = pool
[profile pool]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = loop
[profile single]
sso_session = x
";
    const CREDENTIALS: &str = "[keys]\naws_access_key_id=KEY\naws_secret_access_key = S=1\n[empty]\n# aws_access_key_id=KEY\n";

    fn find(name: &str) -> (Result<Option<Found>, CredentialsError>, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let profiles = Profiles {
            name: name.to_owned(),
            is_named: true,
            credentials: folder.path().join("credentials"),
            config: folder.path().join("config"),
        };
        std::fs::write(&profiles.config, CONFIG).unwrap();
        std::fs::write(&profiles.credentials, CREDENTIALS).unwrap();
        (profiles.find(), profiles.region())
    }

    #[test]
    fn keys_and_roles_are_found() {
        let (Ok(Some(Found::Keys(keys))), None) = find("keys") else {
            panic!("keys are found");
        };
        assert_eq!(
            (keys.access_key_id(), keys.secret_access_key()),
            ("KEY", "S=1")
        );
        let (
            Ok(Some(Found::Role {
                role,
                session,
                with,
            })),
            _,
        ) = find("assumed")
        else {
            panic!("a role is found");
        };
        assert!(role.ends_with(":role/x") && session == SESSION);
        assert!(matches!(*with, Found::Keys(_)));
        let (Ok(None), Some(region)) = find("default") else {
            panic!("only a region is found");
        };
        assert_eq!(region, "eu-north-1");
        assert!(matches!(find("empty"), (Ok(None), None)));
        assert!(matches!(find("nobody"), (Ok(None), None)));
    }

    #[test]
    fn what_leads_nowhere_is_said() {
        for (name, words) in [
            ("loop", "no credentials"),
            ("single", "sso_session, which is not supported"),
        ] {
            let error = find(name).0.unwrap_err();
            let text = std::error::Error::source(&error).unwrap().to_string();
            assert!(text.contains(words), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read(text in "(\\[?\\PC{0,9}[]=]?[ #]{0,2}\\PC{0,9}\\n){0,6}") {
            let _ = section(&text, |_| true);
        }
    }
}
