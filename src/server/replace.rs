//! From one service to the next, or from none to the first: the new one is made ready, sockets that
//! stay are kept, and what is at work on the old one is left to finish.

use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::task::{Context, Poll};

use micro_api::host::Job;
use mio::Token;

use super::application::Site;
use super::coming::Coming;
use super::door::Door;
use super::error::plain;
use super::leaving::Leaving;
use super::session::Session;
use super::tasks::{discard, guarded};
use super::wake::Sleeper;
use super::{DOOR_TOKENS, ServeError, Server};
use crate::config::{Listener, Service};
use crate::registry::Registry;

/// Why a service is given up that was to take over.
pub(super) const ENDING: &str = "the service ends";

/// Where a listener of the new service finds its door.
enum Entrance {
    /// It is the door with this number already.
    Kept(usize),
    /// It was opened, and gets this number.
    New(usize, Door),
}

impl Server {
    /// Makes a service ready and has it take over from the one before, which serves meanwhile.
    ///
    /// Requests that come afterwards, also on open connections, are the new one's; those at work
    /// are finished by the old one. A listener keeps its socket if it is at the same address; one
    /// with port 0 does if its name and host are the same. The TASK functions of the old service
    /// are dropped, and its TEARDOWN functions are called once its last request is answered. What
    /// was spawned beside requests runs to its end.
    ///
    /// # Errors
    ///
    /// If a module or SETUP function fails, or a listener cannot have its address. The old service
    /// goes on then as if nothing had happened.
    pub fn replace(&mut self, service: &Service, registry: &Registry) -> Result<(), ServeError> {
        let _entered = self.enter();
        let mut coming = Coming::new(service, registry, &self.tools.runtime)?;
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        let mut context = Context::from_waker(&waker);
        loop {
            // The loop may have stood still since its last turn.
            self.tick();
            match coming.poll(&mut context) {
                Poll::Ready(Ok(())) => return self.take_over(coming),
                Poll::Ready(Err(error)) => {
                    discard(coming);
                    return Err(error);
                }
                Poll::Pending if self.is_ending => return Err(coming.give_up(ENDING)),
                Poll::Pending => self.turn()?,
            }
        }
    }

    /// Has a service that is ready take over.
    pub(super) fn take_over(&mut self, mut coming: Coming) -> Result<(), ServeError> {
        let entrances = match self.open_entrances(&coming) {
            Ok(entrances) => entrances,
            Err(error) => {
                // It was set up, so it is torn down.
                self.leaving.push(Leaving::of(&mut coming.generation));
                discard(coming);
                return Err(error);
            }
        };
        let gone = self.close_others(&entrances);
        self.tools
            .set_context(Rc::clone(&coming.generation.context));
        let mut old = std::mem::replace(&mut self.generation, coming.generation);
        for task in &old.tasks {
            self.tools.tasks.cancel(*task);
        }
        let mut leaving = Leaving::of(&mut old);
        leaving.doors = gone;
        discard(old);
        for (entrance, (listener, site)) in entrances.into_iter().zip(coming.sites) {
            if let Some(replaced) = self.furnish(entrance, &listener, site) {
                leaving.take(replaced);
            }
        }
        self.leaving.push(leaving);
        self.start_tasks(coming.tasks);
        Ok(())
    }

    /// Finds the doors of a new service, and opens those that are not there. Nobody is let in yet.
    fn open_entrances(&mut self, coming: &Coming) -> Result<Vec<Entrance>, ServeError> {
        if self.is_ending {
            return Err(ServeError::GivenUp(ENDING));
        }
        self.vacate();
        let listeners: Vec<&Listener> = coming.sites.iter().map(|(listener, _)| listener).collect();
        let kept = self.find_doors(&listeners);
        let is_vacant = |number: &usize| {
            let door = self.doors.get(*number);
            door.is_none_or(|door| !door.is_open() && door.sessions == 0)
        };
        let mut vacant = (0..).filter(is_vacant);
        let entrances = listeners.iter().zip(&kept).map(|(listener, door)| {
            if let Some(number) = *door {
                return Ok(Entrance::Kept(number));
            }
            let number = vacant.next().expect("there are numbers for all doors");
            let door = self.open_door(listener, number, &kept);
            let door = door.map_err(|error| ServeError::Listen {
                name: listener.name.clone(),
                address: format!("{}:{}", listener.host, listener.port),
                error,
            })?;
            Ok(Entrance::New(number, door))
        });
        entrances.collect()
    }

    /// The numbers of the doors that these listeners have already.
    fn find_doors(&self, listeners: &[&Listener]) -> Vec<Option<usize>> {
        let mut found = vec![None; listeners.len()];
        // One that stays as it is comes before one that is called otherwise.
        for is_door_of in [Door::is_of, Door::is_at] {
            for (at, listener) in listeners.iter().enumerate() {
                if found[at].is_none() {
                    found[at] = (0..self.doors.len()).find(|number| {
                        !found.contains(&Some(*number))
                            && is_door_of(&self.doors[*number], listener)
                    });
                }
            }
        }
        found
    }

    fn open_door(
        &self,
        listener: &Listener,
        number: usize,
        kept: &[Option<usize>],
    ) -> io::Result<Door> {
        let mut door = match Door::open(listener) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                // Perhaps by a door of ours that will be closed: only the host is another one.
                let doors = self.doors.iter().enumerate();
                let closing = doors.filter(|(number, _)| !kept.contains(&Some(*number)));
                let closing = closing.map(|(_, door)| door);
                let is_near = |door: &&Door| {
                    let address = door.address();
                    address.is_some_and(|address| address.port() == listener.port)
                };
                let near: Vec<&Door> = closing.filter(is_near).collect();
                match near.is_empty() {
                    true => return Err(error),
                    false => Door::open_beside(listener, &near)?,
                }
            }
            opened => opened?,
        };
        door.register(&self.tools.registry, Token(DOOR_TOKENS + number))?;
        Ok(door)
    }

    /// Closes the doors that the new service does not have. Their sessions may finish the
    /// request that they are at.
    fn close_others(&mut self, entrances: &[Entrance]) -> Vec<usize> {
        let is_kept = |number: &usize| {
            let kept = |one: &Entrance| matches!(one, Entrance::Kept(kept) if kept == number);
            entrances.iter().any(kept)
        };
        let open = (0..self.doors.len()).filter(|number| self.doors[*number].is_open());
        let gone: Vec<usize> = open.filter(|number| !is_kept(number)).collect();
        if gone.is_empty() {
            return gone;
        }
        // Whoever has come to the door is let in for a last request.
        gone.iter().for_each(|number| self.doors[*number].knocked());
        self.admit();
        for number in &gone {
            log::info!(target: "micro", "no longer listening on {}", self.doors[*number].name());
            self.doors[*number].close();
        }
        let sessions = self.sessions.iter();
        let sessions = sessions.filter(|(_, session)| gone.contains(&session.site));
        for key in sessions.map(|(key, _)| key).collect::<Vec<_>>() {
            self.visit(key, Session::end_soon);
        }
        gone
    }

    /// Puts a site behind its door, and gives the one that was there before.
    fn furnish(&mut self, entrance: Entrance, listener: &Listener, site: Site) -> Option<Site> {
        let site = (site, listener.limits.clone());
        let number = match entrance {
            Entrance::Kept(number) => {
                self.doors[number].become_door_of(listener);
                number
            }
            Entrance::New(number, door) => {
                if let Some(address) = door.address() {
                    let port = address.port();
                    let name = &listener.name;
                    log::info!(target: "micro", "listening on {name} port {port} ({address})");
                }
                if number == self.doors.len() {
                    self.doors.push(door);
                    self.tools.sites.push(site);
                    return None;
                }
                self.doors[number] = door;
                number
            }
        };
        Some(std::mem::replace(&mut self.tools.sites[number], site).0)
    }

    fn start_tasks(&mut self, tasks: Vec<(String, Job)>) {
        for (name, job) in tasks {
            let config = self.generation.context.config.clone();
            log::debug!(target: "micro", "task {name} begins");
            let task = self.tools.tasks.start_background(Box::pin(async move {
                match guarded(job(config)).await.and_then(|result| result) {
                    Ok(()) => log::info!(target: "micro", "task {name} has ended"),
                    Err(error) => {
                        let error = plain(&error);
                        log::error!(target: "micro", "task {name} has failed: {error}");
                    }
                }
            }));
            self.generation.tasks.push(task);
        }
    }

    /// Lets services go whose last request has been answered, and calls their TEARDOWN functions.
    pub(super) fn see_off(&mut self) {
        self.vacate();
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        let mut context = Context::from_waker(&waker);
        let is_cut = self.is_cut;
        let is_gone = |one: &mut Leaving| one.poll(&mut context, is_cut).is_ready();
        let gone: Vec<Leaving> = self.leaving.extract_if(.., is_gone).collect();
        for mut leaving in gone {
            if self.is_over {
                self.failure = self.failure.take().or(leaving.failure.take());
            }
            discard(leaving);
        }
    }

    /// Empties the sites of closed doors that nobody is behind any more.
    fn vacate(&mut self) {
        let (doors, sites) = (&self.doors, &mut self.tools.sites);
        for leaving in &mut self.leaving {
            let is_empty = |number: &mut usize| doors[*number].sessions == 0;
            let vacant: Vec<usize> = leaving.doors.extract_if(.., is_empty).collect();
            for number in vacant {
                leaving.take(std::mem::replace(&mut sites[number].0, Site::empty()));
            }
        }
    }
}
