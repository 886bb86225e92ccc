package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// Longer than any outage of a connection and the reconnection after it.
const patience = 20 * time.Second

var eventTypes = map[string]openfeature.EventType{
	"ready":  openfeature.ProviderReady,
	"error":  openfeature.ProviderError,
	"stale":  openfeature.ProviderStale,
	"change": openfeature.ProviderConfigChange,
}

type event struct {
	name    string
	details openfeature.EventDetails
}

// Events of a provider, in order of arrival.
type events struct {
	lock sync.Mutex
	seen []event
	came chan struct{}
}

func newEvents() *events {
	return &events{came: make(chan struct{}, 1)}
}

func (e *events) add(name string, details openfeature.EventDetails) {
	e.lock.Lock()
	e.seen = append(e.seen, event{name, details})
	e.lock.Unlock()
	select {
	case e.came <- struct{}{}:
	default:
	}
}

// Waits for an event. Discards earlier events and keeps later ones.
func (e *events) next(name string, patience time.Duration) (openfeature.EventDetails, error) {
	deadline := time.After(patience)
	for {
		if found, details := e.take(name); found {
			return details, nil
		}
		select {
		case <-e.came:
		case <-deadline:
			return openfeature.EventDetails{}, fmt.Errorf("no %s event in %v, but %v", name, patience, e.seen)
		}
	}
}

func (e *events) take(name string) (bool, openfeature.EventDetails) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for i, each := range e.seen {
		if each.name == name {
			e.seen = e.seen[i+1:]
			return true, each.details
		}
	}
	return false, openfeature.EventDetails{}
}
