// The public suite for the official provider for Go.
//
// Environment variables: MODE, TAGS, FEATURE (a path), LAUNCHED, REPORT.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/cucumber/godog"
)

func main() {
	report, err := os.Create(os.Getenv("REPORT"))
	if err != nil {
		panic(err)
	}
	suite := godog.TestSuite{
		Name:                "flagd",
		ScenarioInitializer: initialize,
		Options: &godog.Options{
			Format:         "cucumber",
			Output:         report,
			Tags:           tags(os.Getenv("TAGS")),
			Paths:          []string{os.Getenv("FEATURE")},
			Strict:         true,
			DefaultContext: context.Background(),
		},
	}
	// 1 means failed scenarios, which the report contains.
	if status := suite.Run(); status > 1 {
		os.Exit(status)
	}
}

// godog has a different syntax for tag expressions: `@a && ~@b`.
func tags(expression string) string {
	return strings.NewReplacer(" and ", " && ", "not ", "~").Replace(expression)
}

func initialize(scenarios *godog.ScenarioContext) {
	world := &world{}
	scenarios.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
		*world = *newWorld()
		return ctx, nil
	})
	scenarios.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		world.close()
		return ctx, nil
	})
	configurationSteps(scenarios, world)
	connectionSteps(scenarios, world)
	flagSteps(scenarios, world)
}
